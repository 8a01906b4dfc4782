/** What stands before a cell's database is worked on: read in one query. */
import type { Client } from "pg";
import { TenantryError } from "../registry/errors";
import { CELL_ROLE_NAMES, CELL_ROLES } from "../registry/names";
import { CELL_MARK, HELD_ROLES, type StandingRoles, sayForeign } from "./cell-roles";

export interface Preflight extends StandingRoles {
  /** False before the first run: there is no control schema yet. */
  readonly prepared: boolean;
  /** False where the control schema is of a time before logins were rotated: the next run that writes adds what is missing. */
  readonly rotations: boolean;
  /** Major version of the server. */
  readonly major: number;
  /** Other databases of the server that are a cell. */
  readonly elsewhere: readonly string[];
  /** Roles of the cell's names without its mark, each with its comment. */
  readonly foreign: readonly { readonly name: string; readonly mark: string | null }[];
}

/** @throws TenantryError TN-304 with everything that the admin may not do. */
export async function checkPreflight(client: Client, cell: string): Promise<Preflight> {
  const { rows } = await client.query<Preflight & { problems: string[] }>(PREFLIGHT, [
    CELL_ROLE_NAMES,
    HELD_ROLES,
    CELL_MARK,
    CELL_ROLES.control,
  ]);
  const [found] = rows;
  if (found === undefined) throw new Error("a query for one row gave none");
  if (found.problems.length === 0) return found;
  throw new TenantryError(
    "TN-304",
    `cell ${cell} is not ready: ${found.problems.join("; ")}; its components make the database and the admin: run ` +
      "`pulumi up` for the whole cell, without --target",
  );
}

/** @throws TenantryError TN-308 for roles of the cell's names that Tenantry did not make. */
export function assertOwnRoles({ foreign }: Preflight, cell: string): void {
  if (foreign.length === 0) return;
  const told = foreign.map(({ name, mark }) => sayForeign(name, mark)).join("; ");
  const adopt = foreign.map(({ name }) => `comment on role ${name} is '${CELL_MARK}'`).join("; ");
  throw new TenantryError(
    "TN-308",
    `cell ${cell}: ${told}; Tenantry adopts nothing: rename or drop it or, if it was made for this cell, type as the admin: ` +
      adopt,
  );
}

/**
 * Roles belong to a server: two cells on one would share logins, and each run would give them the passwords of its own cell.
 * A database that is a cell already is served whatever is beside it, such as a copy of it.
 * @throws TenantryError TN-306 before the first run in a database, when another one of the server is a cell.
 */
export function assertOnlyCell({ prepared, elsewhere }: Preflight, cell: string): void {
  const [other] = elsewhere;
  if (prepared || other === undefined) return;
  throw new TenantryError(
    "TN-306",
    `cell ${cell}: database ${other} of this server is a cell already, and a server is one cell; look at the connection of ` +
      `cell ${cell}, or drop that database if nothing in it is needed`,
  );
}

const PREFLIGHT = `
with wanted as materialized (
  select name, r.oid, d.description as mark
    from unnest($1::text[]) name left join pg_roles r on r.rolname = name
    left join pg_shdescription d on d.objoid = r.oid and d.classoid = 'pg_authid'::regclass
)
select array(select name from wanted where oid is null) as missing,
  array(select name from wanted where name = any($2)
    and not (pg_has_role(oid, 'set') and pg_has_role(oid, 'usage'))) as unheld,
  (select coalesce(json_agg(json_build_object('name', name, 'mark', mark)), '[]')
     from wanted where oid is not null and mark is distinct from $3) as foreign,
  array(select distinct d.datname::text from pg_shdepend s join pg_database d on d.oid = s.dbid
     where s.refclassid = 'pg_authid'::regclass and s.refobjid = (select oid from wanted where name = $4 and mark = $3)
       and s.deptype = 'o' and d.datname <> current_database() order by 1) as elsewhere,
  array(
    select format('%s cannot grant membership in %s', current_user, name) from wanted
     where mark = $3 and not pg_has_role(oid, 'member with admin option')
    union all
    select format('%s cannot create roles', current_user) from pg_roles
     where rolname = current_user and not (rolcreaterole or rolsuper)
    union all
    select format('database %s does not belong to %s', datname, current_user) from pg_database
     where datname = current_database() and not pg_has_role(datdba, 'usage')
  ) as problems,
  exists (select from pg_class where relname = 'migrations' and relnamespace = (
    select oid from pg_namespace where nspname = 'tenantry')) as prepared,
  exists (select from pg_class where relname = 'rotations' and relnamespace = (
    select oid from pg_namespace where nspname = 'tenantry')) as rotations,
  current_setting('server_version_num')::int / 10000 as major`;
