/**
 * The tenants that `tenantry prove` makes and attacks: how they leave. Nothing of them stays: no tombstone, no row, no role. A
 * command that is killed leaves them in the cell; the next `prove` and the next `up` find them and remove them.
 */
import { type Client, escapeIdentifier, escapeLiteral } from "pg";
import { CELL_ROLES, CONTROL_SCHEMA, POOLED_SCHEMA, PROBE_KID } from "../registry/names";
import { qualified } from "./protection";
import { orderByReference } from "./reference-order";
import { dropTenant } from "./remove-tenant";
import { renderConfined } from "./schema-text";
import { endSessions } from "./sessions";
import { readTables } from "./tables";
import type { TenantRow } from "./tenant-rows";

/** The comment on large objects that are made to be attacked. */
export const PROBE_MARK = "tenantry prove";

/** Needs the cell's lock. What is removed already is no error. */
export async function removeProbeTenants(client: Client, probes: readonly TenantRow[]): Promise<void> {
  if (probes.length === 0) return;
  await client.query(REMOVE_LARGE_OBJECTS);
  for (const row of probes) {
    if (row.adminRole === null) continue;
    await endSessions(client, row.logins);
    await dropTenant(client, row);
    await client.query(renderDropIdle(row.adminRole));
  }
  const ids = probes.map(({ id }) => id);
  await client.query(
    await renderForget(
      client,
      ids,
      probes.filter(({ tier }) => tier === "pooled").map(({ id }) => id),
    ),
  );
}

/** All that is left of them, in one transaction. */
async function renderForget(client: Client, ids: readonly string[], pooled: readonly string[]): Promise<string> {
  const tables = await orderByReference(client, POOLED_SCHEMA, await readTables(client, POOLED_SCHEMA));
  const control = (await readTables(client, CONTROL_SCHEMA)).filter((table) => table !== "logins");
  const all = `(${ids.map(escapeLiteral).join(", ")})`;
  return [
    "begin",
    ...(tables.length > 0 && pooled.length > 0 ? renderDeleteRows([...tables].reverse(), pooled) : []),
    ...["logins", ...control].map(
      (table) => `delete from ${qualified(CONTROL_SCHEMA, table)} where tenant_id in ${all}`,
    ),
    `delete from tenantry.keys where kid = ${escapeLiteral(PROBE_KID)}`,
    `delete from tenantry.tenants where id in ${all}`,
    "commit",
  ].join(";\n");
}

/**
 * The application may not delete from every table, and the owner, which may, sees no rows: row security is forced on it. So the
 * owner becomes one of those whom the policy lets in, and this session is each of the tenants in turn. Nobody else sees either:
 * both are taken back before the transaction ends. What a migrator left at a table runs along, and gets no further than the owner.
 */
function renderDeleteRows(tables: readonly string[], ids: readonly string[]): readonly string[] {
  const { app, owner } = CELL_ROLES;
  const each = ids.flatMap((id) => [
    `delete from tenantry.logins where login = session_user;
     insert into tenantry.logins (login, tenant_id) values (session_user, ${escapeLiteral(id)})`,
    renderConfined(
      POOLED_SCHEMA,
      [
        "set local row_security = on",
        ...tables.map(
          (table) => `delete from ${qualified(POOLED_SCHEMA, table)} where tenant_id = ${escapeLiteral(id)}`,
        ),
      ].join(";\n"),
    ),
  ]);
  return [
    `grant ${app} to ${owner}`,
    ...each,
    "delete from tenantry.logins where login = session_user",
    `revoke ${app} from ${owner}`,
  ];
}

const REMOVE_LARGE_OBJECTS = `
select lo_unlink(oid) from pg_largeobject_metadata
where obj_description(oid, 'pg_largeobject') = ${escapeLiteral(PROBE_MARK)} and pg_has_role(lomowner, 'usage')`;

/** A cell without schema tenants had no createrole role for them; that of the last probe goes with it. */
function renderDropIdle(adminRole: string): string {
  const body = `
begin
  if exists (select from tenantry.tenants where admin_role = ${escapeLiteral(adminRole)}) then return; end if;
  execute format('revoke create on database %I from ${escapeIdentifier(adminRole)}', current_database());
  drop role ${escapeIdentifier(adminRole)};
end`;
  return `do ${escapeLiteral(body)}`;
}
