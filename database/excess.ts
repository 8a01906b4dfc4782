/** Which sessions exceed what their plan allows. Pure. */
import type { LiveSession } from "./activity";
import type { Allowance, AllowanceOf } from "./session-limits";

/** One session that exceeds something: the first of these that it does. */
export interface Excess {
  readonly session: LiveSession;
  /**
   * `closed`: its tenant is not active. `connections`: one too many of its login. `transaction`, `idle` and `statement` last longer
   * than they may.
   */
  readonly kind: "closed" | "connections" | "transaction" | "idle" | "statement";
  /** What is used: milliseconds, or connections of the login; 0 of a tenant that is not active. */
  readonly used: number;
  readonly limit: number;
}

/**
 * `graceMs`: how much longer than its limit something may last: PostgreSQL ends it at the limit, unless the session has set that
 * aside.
 */
export function findExcesses(
  sessions: readonly LiveSession[],
  allowanceOf: AllowanceOf,
  graceMs: number,
): readonly Excess[] {
  const closed = sessions.filter(isClosed).map((session) => ({ session, kind: "closed" as const, used: 0, limit: 0 }));
  const open = sessions.filter((session) => !isClosed(session));
  const crowded = [...byLogin(open).values()].flatMap((own) => tooMany(own, allowanceOf));
  const told = new Set(crowded.map(({ session }) => session));
  const others = open.filter((session) => !told.has(session));
  return [...closed, ...crowded, ...others.flatMap((session) => tooLong(session, allowanceOf(session), graceMs))];
}

const isClosed = ({ tenant }: LiveSession): boolean => tenant !== null && tenant.status !== "active";

function byLogin(sessions: readonly LiveSession[]): ReadonlyMap<string, readonly LiveSession[]> {
  const logins = new Map<string, LiveSession[]>();
  for (const session of sessions) logins.set(session.login, [...(logins.get(session.login) ?? []), session]);
  return logins;
}

/** PostgreSQL holds the number too, but ends nobody when it becomes smaller. Those that do nothing go first, the longest pause ahead. */
function tooMany(own: readonly LiveSession[], allowanceOf: AllowanceOf): readonly Excess[] {
  const [any] = own;
  const limit = any && allowanceOf(any).connections;
  if (limit === undefined || own.length <= limit) return [];
  const rank = ({ work, workMs }: LiveSession) => (work === "idle" ? workMs : -1);
  const ranked = [...own].sort((one, other) => rank(other) - rank(one));
  return ranked
    .slice(0, own.length - limit)
    .map((session) => ({ session, kind: "connections", used: own.length, limit }));
}

function tooLong(session: LiveSession, allowance: Allowance, graceMs: number): readonly Excess[] {
  const { work, workMs, transactionMs } = session;
  const checks = [
    ["transaction", transactionMs, allowance.transactionTimeoutMs],
    ["idle", work === "idle in transaction" ? workMs : 0, allowance.idleInTransactionTimeoutMs],
    ["statement", work === "statement" ? workMs : 0, allowance.statementTimeoutMs],
  ] as const;
  const found = checks.flatMap(([kind, used, limit = Infinity]) =>
    used > limit + graceMs ? [{ session, kind, used, limit }] : [],
  );
  return found.slice(0, 1);
}
