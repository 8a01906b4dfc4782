/** How a tenant leaves: the way in goes, the data stays until it is erased. */
import { type Client, escapeIdentifier, escapeLiteral } from "pg";
import { TenantryError } from "../registry/errors";
import { CELL_ROLES, loginsOf, roleOf, tenantSecretPath } from "../registry/names";
import { removeOwnSecret } from "./remove-secrets";
import { endSessions } from "./sessions";
import { readTables } from "./tables";
import { markOf } from "./tenant-roles";
import type { TenantRow } from "./tenant-rows";
import type { SecretStore } from "./types";

/**
 * The row becomes a tombstone, logins are dropped, the secret is removed. The role that holds the privileges stays with the
 * data that they are on, and may not connect. A run that ends before the secret is gone is finished by the next.
 */
export async function removeTenant(client: Client, row: TenantRow, secrets: SecretStore): Promise<void> {
  if (row.status !== "removed") {
    const logins = loginsToDrop(row);
    await client.query(
      [
        "begin",
        ...renderUnpin(row),
        `update tenantry.tenants set status = 'removed', applied_at = now() where id = ${escapeLiteral(row.id)}`,
        ...(row.adminRole === null ? [] : [renderLeave(row, row.adminRole, logins)]),
        "commit",
      ].join(";\n"),
    );
    await endSessions(client, logins);
  }
  if (row.secret === null) return;
  if (row.endpoint !== null) await removeOwnSecret(secrets, tenantSecretPath(row.slug), row.endpoint);
  await client.query("update tenantry.tenants set secret = null, endpoint = null where id = $1", [row.id]);
}

/** A target that nothing was moved to: everything of it goes. @throws TenantryError TN-319 when there are rows after all. */
export async function unprepareTenant(client: Client, row: TenantRow): Promise<void> {
  if (row.adminRole !== null && row.present) await assertEmpty(client, row);
  // What an application made itself is not looked into: such a schema is dropped only when there is nothing in it.
  await drop(client, row, row.tables === "own" ? "" : " cascade");
}

/** Schema, roles and row go, with whatever is in the schema. */
export const dropTenant = (client: Client, row: TenantRow): Promise<void> => drop(client, row, " cascade");

async function drop(client: Client, row: TenantRow, how: "" | " cascade"): Promise<void> {
  await client.query(
    [
      "begin",
      ...(row.adminRole === null ? [] : renderDrop(row, row.adminRole, how)),
      ...renderUnpin(row),
      `delete from tenantry.usage where tenant_id = ${escapeLiteral(row.id)}`,
      `delete from tenantry.storage where tenant_id = ${escapeLiteral(row.id)}`,
      `delete from tenantry.tenants where id = ${escapeLiteral(row.id)}`,
      "commit",
    ].join(";\n"),
  );
}

function renderDrop(row: TenantRow, adminRole: string, how: "" | " cascade"): readonly string[] {
  const asAdmin = `set local role ${escapeIdentifier(adminRole)}`;
  const sql = `drop schema if exists ${escapeIdentifier(row.schema)}${how}`;
  return [
    ...(row.tables === "own" ? [asAdmin, sql, "set local role none"] : [sql]),
    renderLeave(row, adminRole, loginsToDrop(row)),
    `${asAdmin}; drop role if exists ${escapeIdentifier(roleOf(row.slug))}; set local role none`,
    `delete from tenantry.migrations where schema_name = ${escapeLiteral(row.schema)}`,
  ];
}

/** Whoever comes under the slug later begins with the first login of the pair. */
const renderUnpin = ({ id, slug }: TenantRow): readonly string[] => [
  `delete from tenantry.logins where tenant_id = ${escapeLiteral(id)}`,
  `delete from tenantry.rotations where subject = ${escapeLiteral(loginsOf(slug).a)}`,
];

const loginsToDrop = ({ slug, tier }: TenantRow): readonly string[] =>
  tier === "pooled" ? [] : Object.values(loginsOf(slug));

/**
 * A login that somebody gave privileges of its own cannot be dropped; it is left without a way in. The mark is looked at once
 * more: what is not the tenant's is not touched.
 */
function renderLeave(row: TenantRow, adminRole: string, logins: readonly string[]): string {
  const body = `
declare each name;
begin
  for each in
    select r.rolname from pg_roles r join pg_shdescription d on d.objoid = r.oid and d.classoid = 'pg_authid'::regclass
     where r.rolname = any (array[${logins.map(escapeLiteral).join(", ")}]::name[]) and d.description = ${escapeLiteral(markOf(row.id))}
  loop
    begin
      execute format('drop role %I', each);
    exception when dependent_objects_still_exist then
      execute format('alter role %I nologin password null', each);
    end;
  end loop;
  if exists (select from pg_roles where rolname = ${escapeLiteral(roleOf(row.slug))}) then
    revoke ${CELL_ROLES.tenants} from ${escapeIdentifier(roleOf(row.slug))};
  end if;
end`;
  return `set local role ${escapeIdentifier(adminRole)};\ndo ${escapeLiteral(body)};\nset local role none`;
}

async function assertEmpty(client: Client, row: TenantRow): Promise<void> {
  const tables = await readTables(client, row.schema);
  for (const table of tables) {
    const { rowCount } = await client.query(
      `select from ${escapeIdentifier(row.schema)}.${escapeIdentifier(table)} limit 1`,
    );
    if (rowCount) {
      throw new TenantryError(
        "TN-319",
        `its prepared schema ${row.schema} has rows in ${table}; put the line back with \`from\`, and finish or undo the move`,
      );
    }
  }
}
