/** The rows of `tenantry.tenants`, each with what the catalog says of its schema. */
import type { Client } from "pg";
import { roleOf, UNNAMED_SCHEMA } from "../registry/names";
import type { Tier } from "../registry/types";
import type { Houseable } from "./kind";
import { LEDGER_SQL, type Ledger } from "./ledger";
import type { RowStatus } from "./tenant-spec";

/** A schema or dedicated tenant's own part of the cell. */
export interface House {
  /** The createrole role under which its roles were made; null for pooled tenants, which have none. */
  readonly adminRole: string | null;
  /** What its own schema has of `sql/tenant`. */
  readonly ledger: Ledger;
  /** True when its own schema exists; `mark` is the schema's comment. */
  readonly present: boolean;
  readonly mark: string | null;
  /** Who may use that schema, `public` among them if everybody may. */
  readonly users: readonly string[];
}

export interface TenantRow extends House {
  readonly id: string;
  readonly slug: string;
  readonly tier: Tier;
  readonly plan: string;
  readonly status: RowStatus;
  readonly line: string;
  readonly tables: "managed" | "own";
  readonly schema: string;
  /** Fingerprint of the applied secret. */
  readonly secret: string | null;
  readonly endpoint: string | null;
  /** Logins that are pinned to the tenant. */
  readonly logins: readonly string[];
}

export async function readTenantRows(client: Client): Promise<readonly TenantRow[]> {
  const { rows } = await client.query<TenantRow>(ROWS);
  return rows;
}

/** Roles with usage of schema `n`. */
const USERS = `array(
  select case a.grantee when 0 then 'public' else pg_get_userbyid(a.grantee)::text end
  from aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) a where a.privilege_type = 'USAGE')`;

const ROWS = `
with pins as (select tenant_id, array_agg(login::text order by login) as logins from tenantry.logins group by tenant_id),
  ledgers as (select schema_name, ${LEDGER_SQL} as ledger from tenantry.migrations group by schema_name)
select t.id, t.slug, t.tier, t.plan, t.status, t.line, t.tables, t.schema_name as schema, t.admin_role as "adminRole",
  t.secret, t.endpoint, coalesce(p.logins, '{}') as logins, coalesce(m.ledger, '') as ledger,
  n.oid is not null as present, d.description as mark, ${USERS} as users
from tenantry.tenants t
left join pins p on p.tenant_id = t.id
left join ledgers m on m.schema_name = t.schema_name and t.tier <> 'pooled'
left join pg_namespace n on n.nspname = t.schema_name and t.tier <> 'pooled'
left join pg_description d on d.objoid = n.oid and d.classoid = 'pg_namespace'::regclass`;

/** By schema: what exists of these tenants' names, though they have no row. What does not exist at all is absent. */
export async function readOrphans(client: Client, lost: readonly Houseable[]): Promise<ReadonlyMap<string, House>> {
  const names = [lost.map(({ schema }) => schema), lost.map(({ slug }) => roleOf(slug))];
  const { rows } = await client.query<House & { schema: string }>(ORPHANS, names);
  return new Map(rows.map((row) => [row.schema, row]));
}

const ORPHANS = `
select s.schema, coalesce(m.ledger, '') as ledger, n.oid is not null as present, d.description as mark,
  ${USERS} as users,
  (select a.rolname from pg_auth_members g join pg_roles a on a.oid = g.member join pg_roles r on r.oid = g.roleid
    where r.rolname = s.role and g.admin_option and a.rolname ~ '^tenantry_admin_[0-9]{3,}$'
    order by 1 limit 1) as "adminRole"
from unnest($1::text[], $2::text[]) s (schema, role)
left join (select schema_name, ${LEDGER_SQL} as ledger from tenantry.migrations where schema_name = any($1) group by 1) m
  on m.schema_name = s.schema
left join pg_namespace n on n.nspname = s.schema
  and (n.nspname <> '${UNNAMED_SCHEMA}' or obj_description(n.oid, 'pg_namespace') like 'tenantry %')
left join pg_description d on d.objoid = n.oid and d.classoid = 'pg_namespace'::regclass
where n.oid is not null or exists (select from pg_roles where rolname = s.role)`;
