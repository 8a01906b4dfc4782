/** What a cell has once: read in one query. */
import type { Client } from "pg";
import { CELL_ROLE_NAMES, CONTROL_SCHEMA, POOLED_SCHEMA } from "../registry/names";
import { HELD_ROLES } from "./cell-roles";
import { GIFTS_SQL, type Gift } from "./default-privileges";
import { LEDGER_SQL, type Ledger } from "./ledger";
import { ROTATIONS_SQL, type Rotations } from "./rotation";

/** What a schema with certain files must look like. Its items are read when something differs. */
export interface KnownShape {
  readonly kind: "pooled" | "schema" | "control";
  readonly files: Ledger;
  readonly basis: string;
  readonly digest: string;
  readonly tables: readonly string[];
}

export interface CellFacts {
  /** Missing before the first run. */
  readonly cell: { readonly name: string; readonly endpoint: string; readonly secrets: Record<string, string> } | null;
  readonly plans: Readonly<Record<string, string>>;
  readonly shapes: readonly KnownShape[];
  /** Major version of the server. */
  readonly major: number;
  /** Files of the control schema and of the pooled one. */
  readonly ledgers: Readonly<Record<string, Ledger>>;
  /** Createrole roles under which tenants' roles are made. */
  readonly subAdmins: readonly string[];
  /** Roles of the cell and of tenants that have privileges on the database itself, `public` among them if it has. */
  readonly connect: readonly string[];
  /** Those of them that may make schemas or temporary objects in it. */
  readonly makers: readonly string[];
  /** The databases that every server has, those of them that everybody may still enter. */
  readonly open: readonly string[];
  /** Databases of somebody else's that everybody may enter, and so each tenant: an imported server can have them. */
  readonly beside: readonly string[];
  /** The owners of what Tenantry makes that the admin can act as. */
  readonly held: readonly string[];
  /** Roles whose new functions are not for everybody to execute. */
  readonly sealed: readonly string[];
  /** What the roles that the admin acts as would give to others with all that they make. */
  readonly gifts: readonly Gift[];
  /** Settings of the database. */
  readonly settings: readonly string[];
  readonly pooled: boolean;
  /** True when contexts can be checked: there is a key. */
  readonly signing: boolean;
  readonly rotations: Rotations;
}

/** `rotations`: false for a cell whose control schema is of a time before there were any. @default true */
export async function readCellFacts(
  client: Client,
  { rotations }: { readonly rotations: boolean } = { rotations: true },
): Promise<CellFacts> {
  const { rows } = await client.query<{ facts: CellFacts }>(facts(rotations ? ROTATIONS_SQL : "json_build_object()"), [
    [CONTROL_SCHEMA, POOLED_SCHEMA],
    CELL_ROLE_NAMES,
    HELD_ROLES,
  ]);
  const [row] = rows;
  if (!row) throw new Error("a query for one row gave none");
  return row.facts;
}

const facts = (rotations: string) => `
select json_build_object(
  'major', current_setting('server_version_num')::int / 10000,
  'cell', (select json_build_object('name', name, 'endpoint', endpoint, 'secrets', secrets) from tenantry.cell),
  'plans', (select coalesce(json_object_agg(name, line), '{}') from tenantry.plans),
  'shapes', (select coalesce(json_agg(json_build_object(
      'kind', kind, 'files', files, 'basis', basis, 'digest', digest, 'tables', tables)), '[]') from tenantry.shapes),
  'ledgers', (select coalesce(json_object_agg(schema_name, ledger), '{}') from (
      select schema_name, ${LEDGER_SQL} as ledger from tenantry.migrations where schema_name = any($1) group by 1) l),
  'subAdmins', (select coalesce(json_agg(rolname order by rolname), '[]') from pg_roles
      where rolname ~ '^tenantry_admin_[0-9]{3,}$' and rolcreaterole),
  'connect', (select coalesce(json_agg(distinct coalesce(r.rolname, 'public')), '[]')
      from pg_database d cross join aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a left join pg_roles r on r.oid = a.grantee
      where d.datname = current_database() and a.privilege_type in ('CONNECT', 'TEMPORARY', 'CREATE')
        and (r.rolname is null or r.rolname = any($2) or r.rolname ~ '^(role|login)_')),
  'makers', (select coalesce(json_agg(distinct r.rolname), '[]')
      from pg_database d cross join aclexplode(d.datacl) a join pg_roles r on r.oid = a.grantee
      where d.datname = current_database() and a.privilege_type in ('TEMPORARY', 'CREATE')
        and (r.rolname = any($2) or r.rolname ~ '^(role|login)_')),
  'open', (select coalesce(json_agg(d.datname order by 1), '[]') from pg_database d
      where d.datname in ('postgres', 'template1') and d.datname <> current_database() and pg_has_role(d.datdba, 'usage')
        and exists (select from aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a where a.grantee = 0)),
  'beside', (select coalesce(json_agg(d.datname order by 1), '[]') from pg_database d
      where d.datallowconn and d.datname not in ('postgres', 'template1', 'rdsadmin') and d.datname <> current_database()
        and exists (select from aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a
          where a.grantee = 0 and a.privilege_type = 'CONNECT')),
  'held', (select coalesce(json_agg(rolname), '[]') from pg_roles
      where rolname = any($3) and pg_has_role(oid, 'set') and pg_has_role(oid, 'usage')),
  'sealed', (select coalesce(json_agg(d.defaclrole::regrole), '[]') from pg_default_acl d
      where d.defaclnamespace = 0 and d.defaclobjtype = 'f'
        and not exists (select from aclexplode(d.defaclacl) a where a.grantee = 0)),
  'gifts', (select coalesce(json_agg(g order by text), '[]') from (${GIFTS_SQL}) g),
  'settings', (select coalesce(json_agg(c), '[]') from pg_db_role_setting s cross join unnest(s.setconfig) c
      where s.setrole = 0 and s.setdatabase = (select oid from pg_database where datname = current_database())),
  'pooled', to_regnamespace('${POOLED_SCHEMA}') is not null,
  'signing', exists (select from tenantry.keys where not_after is null or not_after > now()),
  'rotations', ${rotations}
) as facts`;
