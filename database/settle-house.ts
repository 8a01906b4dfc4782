/**
 * A schema or dedicated tenant that is there already is made what it should be. First who may log in, in a transaction of its
 * own, so that no trouble with tables keeps a tenant from being suspended; then the schema.
 */
import { type Client, DatabaseError, escapeIdentifier, escapeLiteral } from "pg";
import { TenantryError } from "../registry/errors";
import { CELL_ROLES } from "../registry/names";
import { renderSchemaGuard } from "./guard";
import type { HouseSecret } from "./house-secret";
import { appendOnlyOf, quotasOf } from "./reference";
import type { RoleFault } from "./role-facts";
import { renderNamed } from "./rotation";
import { isClosed, type UsageFault } from "./schema-access";
import { renderLaterFiles, renderLedger } from "./schema-text";
import { endSessions } from "./sessions";
import type { Settled } from "./steps";
import type { TableFile } from "./table-files";
import { readTables } from "./tables";
import { markOf } from "./tenant-roles";
import { renderRow } from "./tenant-row-text";
import type { TenantSpec } from "./tenant-spec";

/** Roles, row, pins and, with `secret`, the login's password. Ends the sessions of logins that may not be used any more. */
export async function settleAccess(client: Client, settled: Settled, secret: HouseSecret | undefined): Promise<void> {
  const { spec, access, inspection, house, applied } = settled;
  const { adminRole } = house;
  if (adminRole === null) {
    throw new TenantryError(
      "TN-317",
      `nobody administers its role ${access.role}, so Tenantry cannot change it; as the admin, drop it and run again`,
    );
  }
  const missing = inspection.roles.some((fault) => fault.missing);
  const verifier = secret && (missing || secret.fingerprint !== applied) ? await secret.verifier() : undefined;
  const asAdmin = `set local role ${escapeIdentifier(adminRole)}`;
  const rest = [
    ...(secret && verifier ? [`alter role ${escapeIdentifier(secret.login)} password ${escapeLiteral(verifier)}`] : []),
    "set local role none",
    renderRow({ spec, ...inspection, adminRole, ...(secret ? { secret } : {}) }),
    ...(secret?.renamed ? [renderNamed(access.logins.a)] : []),
    "commit",
  ];
  // A session may have changed its own login and not committed that, which would hold up whatever closes the login.
  await endSessions(client, inspection.closing);
  const faults = [...inspection.roles, ...inspection.usage.map((fault) => asOwnerOf(spec, fault, asAdmin))];
  const all = ["begin", asAdmin, ...faults.map(({ sql }) => sql), ...rest].join(";\n");
  if (!(await tolerate(client, () => client.query(all), "rollback"))) {
    await client.query("begin");
    await repairOneByOne(client, asAdmin, faults);
    await client.query([asAdmin, ...rest].join(";\n"));
  }
  await endSessions(client, inspection.closing);
}

/** The createrole role is a member of a role that owns its schema; the admin is one of the owner of all others. */
const asOwnerOf = ({ tables }: TenantSpec, { text, sql }: UsageFault, asAdmin: string): RoleFault =>
  tables === "own" ? { text, sql } : { text, sql: `set local role none; ${sql}; ${asAdmin}` };

/**
 * What cannot be undone (a grant of the superuser, say) must not keep the rest from being done. What remains is found by the
 * survey that follows, and told.
 */
async function repairOneByOne(client: Client, asAdmin: string, faults: readonly RoleFault[]): Promise<void> {
  for (const { sql, missing } of faults) {
    const run = () => client.query(`savepoint repair; ${asAdmin}; ${sql}; set local role none; release repair`);
    if (missing) await run();
    else await tolerate(client, run, "rollback to savepoint repair; release repair");
  }
}

/** Gives whether it succeeded; if not, `undo` has brought the transaction to where it was. */
async function tolerate(client: Client, run: () => Promise<unknown>, undo: string): Promise<boolean> {
  try {
    await run();
    return true;
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error;
    await client.query(undo);
    return false;
  }
}

/** Files that are still to come, and the guard. `files`: all of them, for what they say of the tables. */
export async function settleSchema(client: Client, settled: Settled, files: readonly TableFile[]): Promise<void> {
  const { spec, access, inspection } = settled;
  await client.query("begin");
  if (settled.files.length > 0) {
    await client.query(`${renderLaterFiles(spec.schema, settled.files)};\n${renderLedger(spec.schema, settled.files)}`);
  }
  const tables = await readTables(client, spec.schema);
  const guarded = {
    schema: spec.schema,
    role: access.role,
    tenantId: spec.id,
    tables,
    appendOnly: appendOnlyOf(files),
    quotas: quotasOf(files),
    closed: isClosed(inspection.status),
  };
  await client.query(
    `set local role ${CELL_ROLES.owner};\n${renderSchemaGuard({ ...guarded, fresh: false })};\nset local role none;\ncommit`,
  );
}

/** What to say of a tenant whose schema is gone. */
export function missingSchema({ spec }: Settled): TenantryError {
  return new TenantryError(
    "TN-309",
    `schema ${spec.schema} is missing, and is not made again empty, which would hide the loss: restore it from a backup; ` +
      "or give its data up by offboarding the tenant",
  );
}

/** What to say of one whose schema has lost its mark. Only somebody who looks can tell whether it is still the same schema. */
export function foreignSchema({ spec, inspection }: Settled): TenantryError {
  const { schema, id } = spec;
  return new TenantryError(
    "TN-308",
    `${inspection.foreignSchema.join("; ")}; it is left alone: if it is the tenant's, type as its owner: ` +
      `comment on schema ${escapeIdentifier(schema)} is ${escapeLiteral(markOf(id))}`,
  );
}
