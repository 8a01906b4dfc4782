/** Ends what exceeds a plan, once, in one cell. */
import { setTimeout as delay } from "node:timers/promises";
import { type Client, DatabaseError } from "pg";
import { type LiveSession, readSessions } from "./activity";
import { type Excess, findExcesses } from "./excess";
import { openToRead } from "./open-to-read";
import { readAllowances } from "./session-limits";

export interface WatchOptions {
  readonly cell: string;
  /** Tell what would be ended, and end nothing. @default false */
  readonly dryRun?: boolean;
  /** How much longer than its limit something may last, and how long a cancelled statement may take to end. @default 1000 */
  readonly graceMs?: number;
}

export interface Action extends Excess {
  readonly cell: string;
  /** `found`: nothing was done, because it is a dry run. `failed`: it could not be ended, for the reason. */
  readonly done: "cancelled" | "terminated" | "found" | "failed";
  readonly reason?: string;
}

/** How long a session may take to end, in milliseconds. */
const PATIENCE_MS = 5_000;
const POLL_MS = 20;

/**
 * Looks once. A statement is cancelled first, and its session ended when that does not help; a pause, or a session too many, is
 * ended at once. `client`: a session of the cell's admin, outside of a transaction, which is not looked at itself.
 * @throws TenantryError TN-304, TN-306
 */
export async function watchOnce(client: Client, options: WatchOptions): Promise<readonly Action[]> {
  const { cell, dryRun = false, graceMs = 1_000 } = options;
  const facts = await openToRead(client, cell);
  if (!facts) return [];
  const sessions = await readSessions(client);
  const excesses = findExcesses(sessions, await readAllowances(client, facts.plans), graceMs);
  if (dryRun) return excesses.map((excess) => ({ cell, ...excess, done: "found" }));

  const busy = excesses.filter(({ kind, session }) => isLong(kind) && session.work === "statement");
  for (const excess of busy) await signal(client, "pg_cancel_backend", excess);
  const deaf = new Set(await remaining(client, busy, graceMs));
  const condemned = excesses.filter((excess) => deaf.has(excess) || !busy.includes(excess));
  const reasons = new Map<Excess, string | undefined>();
  for (const excess of condemned) reasons.set(excess, await signal(client, "pg_terminate_backend", excess));
  const left = new Set(await remaining(client, condemned, PATIENCE_MS));
  return excesses.map((excess) => {
    if (left.has(excess)) return { cell, ...excess, done: "failed", reason: reasons.get(excess) ?? "it does not end" };
    return { cell, ...excess, done: condemned.includes(excess) ? "terminated" : "cancelled" };
  });
}

const isLong = (kind: Excess["kind"]): boolean => kind === "statement" || kind === "transaction";

/** Those that are still there when `patienceMs` are over. Ends sooner when none is. */
async function remaining(client: Client, excesses: readonly Excess[], patienceMs: number): Promise<readonly Excess[]> {
  const until = performance.now() + patienceMs;
  let left = excesses;
  while (left.length > 0) {
    const now = new Set((await readSessions(client)).flatMap(marksOf));
    left = left.filter((excess) => now.has(markOf(excess)));
    if (left.length === 0 || performance.now() >= until) break;
    await delay(POLL_MS);
  }
  return left;
}

/** What makes an excess the same one as before: the statement, the transaction, or else the session. */
function markOf({ kind, session }: Excess): string {
  const [whole = "", transaction = "", work = ""] = marksOf(session);
  return kind === "transaction" ? transaction : isLong(kind) ? work : whole;
}

const marksOf = ({ pid, startedAt, transactionAt, work, workAt }: LiveSession): readonly string[] => {
  const whole = `${pid} ${startedAt}`;
  return [whole, `${whole} in ${transactionAt}`, `${whole} ${work} ${workAt}`];
};

/** Only while it is still the same: the process may be somebody else's by now, and do something else. Gives why it was refused. */
async function signal(
  client: Client,
  how: "pg_cancel_backend" | "pg_terminate_backend",
  { kind, session }: Excess,
): Promise<string | undefined> {
  const { pid, startedAt, transactionAt, workAt } = session;
  const since = kind === "transaction" ? transactionAt : kind === "idle" || kind === "statement" ? workAt : startedAt;
  try {
    await client.query(
      `select ${how}(pid) from pg_stat_activity where pid = $1 and backend_start = $2 and ${SINCE[kind]} = $3`,
      [pid, startedAt, since],
    );
    return undefined;
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error;
    return error.message;
  }
}

/** Columns of `pg_stat_activity`. */
const SINCE: Readonly<Record<Excess["kind"], string>> = {
  closed: "backend_start",
  connections: "backend_start",
  transaction: "xact_start",
  idle: "state_change",
  statement: "query_start",
};
