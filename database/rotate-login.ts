/**
 * The two halves of a rotation: another login takes over, and later the one of before is closed. Between any two statements a
 * run may be killed: applications have a login that works all the time, and the next run goes on.
 */
import { type Client, escapeIdentifier, escapeLiteral } from "pg";
import { TenantryError } from "../registry/errors";
import { assertUsable, drawPassword, type Endpoint, fingerprint, namesLogin, renderSecret } from "./login-secret";
import { isForeign, type LiveRole, roleFaults } from "./role-facts";
import type { Rotatable } from "./rotatable";
import { renderClosed, renderNamed, renderOffered } from "./rotation";
import { scramVerifier } from "./scram";
import { endSessionsForGood } from "./sessions";
import type { SecretStore } from "./types";

export interface RotateContext {
  readonly client: Client;
  readonly store: SecretStore;
  readonly endpoint: Endpoint;
  readonly roles: ReadonlyMap<string, LiveRole>;
  readonly drainMs: number;
}

export interface Begun {
  /** A slug, `tenantry_app` and its like, or `signing key`. */
  readonly name: string;
  /** Logins, or kids. */
  readonly from: string;
  readonly to: string;
  /** True when an earlier run had begun it. */
  readonly resumed: boolean;
  /** How long `from` stays open from now on. */
  readonly opensMs: number;
}

/**
 * First the database accepts the other login, then the store names it, then the database notes that. A run that ends before the
 * store has the password leaves a login whose password nobody ever saw: the next run draws another one. A rotation that is under
 * way is gone on with, and without a drain it is ended at once and another one begun.
 * @throws TenantryError TN-308 when the other login is somebody else's; whatever the store throws.
 */
export async function takeOver(context: RotateContext, rotatable: Rotatable): Promise<Begun> {
  const { client, store, endpoint, drainMs } = context;
  const { name, subject, login, other, rotation, path } = rotatable;
  const begun = { name, from: login, to: other };
  if (rotation?.closing) {
    // Whoever wants no drain has a password that leaked: it may be the one that is named now.
    if (rotation.opensMs > 0 && drainMs > 0) {
      return { ...begun, from: other, to: login, resumed: true, opensMs: rotation.opensMs };
    }
    await close(client, rotatable); // nobody was there when its time ran out, or nobody waits for it
  }
  const held = await store.read(path);
  const resumed = rotation?.next === other && held !== undefined && namesLogin(held, other);
  const password = resumed ? (held.data.password ?? "") : drawPassword();
  assertUsable(path, password);
  await offer(context, rotatable, await scramVerifier(password));
  if (!resumed) await store.write(path, renderSecret({ ...rotatable, endpoint }, other, password), held?.version ?? 0);
  await client.query(
    ["begin", renderNamed(subject), rotatable.renderApplied(other, fingerprint(other, password)), "commit"].join(";\n"),
  );
  return { ...begun, resumed, opensMs: drainMs };
}

/** Makes the other login, or opens it again; one transaction. */
async function offer({ client, roles, drainMs }: RotateContext, rotatable: Rotatable, verifier: string): Promise<void> {
  const { subject, login, other, otherSpec, pin } = rotatable;
  const live = roles.get(other);
  if (isForeign(otherSpec, live)) {
    const comment = live?.mark === undefined ? "missing" : `'${live.mark}'`;
    throw new TenantryError("TN-308", `role ${other} is somebody else's: its comment is ${comment}; rename or drop it`);
  }
  const changes = [
    ...roleFaults(otherSpec, live).map(({ sql }) => sql),
    `alter role ${escapeIdentifier(other)} login password ${escapeLiteral(verifier)}`,
  ];
  const noted = [...(pin === undefined ? [] : [pin]), renderOffered(subject, login, other, drainMs)];
  await client.query(["begin", ...asAdmin(rotatable, changes), ...noted, "commit"].join(";\n"));
}

/**
 * The login of before loses its password, and then its sessions; noted at last, so that a run that ends before is finished by the
 * next. Gives the number of sessions that were left.
 */
export async function close(client: Client, { subject, other, ...rotatable }: Rotatable): Promise<number> {
  const changes = [`alter role ${escapeIdentifier(other)} nologin password null`];
  await client.query(["begin", ...asAdmin(rotatable, changes), "commit"].join(";\n"));
  const { rowCount } = await client.query("select from pg_stat_activity where usename = $1", [other]);
  await endSessionsForGood(client, [other]);
  await client.query(renderClosed(subject));
  return rowCount ?? 0;
}

function asAdmin({ adminRole }: Pick<Rotatable, "adminRole">, changes: readonly string[]): readonly string[] {
  if (adminRole === undefined) return changes;
  return [`set local role ${escapeIdentifier(adminRole)}`, ...changes, "set local role none"];
}
