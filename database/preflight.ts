/** What CellDatabase makes must be there before anything else is tried. */
import type { Client } from "pg";
import { TenantryError } from "../registry/errors";
import { CELL_ROLES } from "../registry/names";

export interface Preflight {
  /** False before the first run: there is no control schema yet. */
  readonly prepared: boolean;
  /** Major version of the server. */
  readonly major: number;
}

/** @throws TenantryError TN-304 with everything that is missing. */
export async function checkPreflight(client: Client, cell: string): Promise<Preflight> {
  const { rows } = await client.query<{ missing: string[]; prepared: boolean; major: number }>(PREFLIGHT, [
    Object.values(CELL_ROLES),
    [CELL_ROLES.control, CELL_ROLES.owner],
  ]);
  const found = rows[0];
  if (found === undefined || found.missing.length > 0) {
    throw new TenantryError(
      "TN-304",
      `cell ${cell} is not ready: ${found?.missing.join("; ")}; its component CellDatabase makes them: run \`pulumi up\` ` +
        "for the whole cell, without --target",
    );
  }
  return found;
}

const PREFLIGHT = `
select array(
    select format('role %s is missing', name) from unnest($1::text[]) name
     where not exists (select from pg_roles where rolname = name)
    union all
    select format('%s cannot act as %s', current_user, r.rolname) from pg_roles r
     where r.rolname = any($2) and not (pg_has_role(r.oid, 'set') and pg_has_role(r.oid, 'usage'))
    union all
    select format('%s cannot grant membership in %s', current_user, r.rolname) from pg_roles r
     where r.rolname = any($1) and not pg_has_role(r.oid, 'member with admin option')
    union all
    select format('%s cannot create roles', current_user) from pg_roles
     where rolname = current_user and not (rolcreaterole or rolsuper)
    union all
    select format('database %s does not belong to %s', datname, current_user) from pg_database
     where datname = current_database() and not pg_has_role(datdba, 'usage')
  ) as missing,
  to_regclass('tenantry.migrations') is not null as prepared,
  current_setting('server_version_num')::int / 10000 as major`;
