/** What the lints look at, as SQL: the queries of `sql/lint` select from these, which hold whatever the number of tenants. */
import { escapeLiteral } from "pg";
import {
  CELL_LOGINS,
  CELL_ROLES,
  CONTROL_SCHEMA,
  cellLoginsOf,
  POOLED_SCHEMA,
  UNNAMED_SCHEMA,
} from "../registry/names";

const { control, owner, signIn, migrator, app, reader, tenants } = CELL_ROLES;

/** Both logins of each pair of the cell's own, and the role that they act as. */
const CELL_LOGIN_ROWS = CELL_LOGINS.flatMap((kind) =>
  Object.values(cellLoginsOf(kind)).map(
    (login) => `('${login}', true, ${kind === "migrator" ? `'${owner}'` : "null"})`,
  ),
);
/** The second of each pair has the privileges of the first as its member; it cannot become it, but the owner, where the first one can. */
const CELL_LOGIN_MEMBERS = [
  ...CELL_LOGINS.map(cellLoginsOf).map(({ a, b }) => `('${a}', '${b}')`),
  `('${owner}', '${cellLoginsOf("migrator").b}')`,
];

/** Spelled out once more, rather than taken from the guard: a guard that was weakened must not pass for right. */
const WALL = "(tenant_id = ( SELECT tenantry.current_tenant() AS current_tenant))";

/**
 * Queries for a `with`. Needs a search path of `pg_catalog` alone: then every other name is spelled in full. What belongs to an
 * extension is left out, but where extensions have no place, and so are the schemas of the server itself.
 *
 * - `given`: one row. `extensions` ($1): those that the registry names. `floors` ($2): JSON of major version to the least minor one,
 *   null when any will do. `wall`: the condition of every policy.
 * - `schemas`: `kind` is `pooled`, `schema` (a tenant's), `control`, `own` (an application's own tables) or `other`. A removed
 *   tenant's is still its schema. `users` are the roles that may have rights there; null: not looked at.
 * - `relations`, `functions`: what is in the schemas; `label` is the name to show.
 * - `tables`: those of `pooled` and `schema`, partitions included; `tenant_column` is null without a `tenant_id` of type uuid.
 *   `guarded`: those of them that have a guard. `policies`: those of the pooled ones. `searched`: the policies by which sign-in
 *   looks for a tenant that is not known yet, with their tables: the wall of those names whom it stands before.
 * - `own_roles`: the roles of the cell, of its tenants and of those who administer them, with what each may be and have set.
 *   `expected_members`: who may be a member of which.
 */
export const LINT_SOURCES = `
given as (
  select $1::text[] as extensions, $2::jsonb as floors, ${escapeLiteral(WALL)} as wall
),
schemas as materialized (
  select n.oid, n.nspname as name, n.nspowner as owner, n.nspacl as acl, t.id as tenant_id,
    case when n.nspname = '${POOLED_SCHEMA}' then array(
        select oid from pg_roles where rolname in ('${app}', '${reader}', '${signIn}'))
      when t.tables = 'managed' then array_remove(array[r.oid], null) end as users,
    case when n.nspname = '${CONTROL_SCHEMA}' then 'control' when n.nspname = '${POOLED_SCHEMA}' then 'pooled'
      when t.tables = 'managed' then 'schema' when t.tables = 'own' then 'own' else 'other' end as kind
  from pg_namespace n left join tenantry.tenants t on t.schema_name = n.nspname and t.tier <> 'pooled'
  left join pg_roles r on r.rolname = 'role_' || replace(t.slug, '-', '_')
  where n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
),
relations as materialized (
  select s.oid as schema, s.kind, s.tenant_id, s.users, c.oid, c.oid::regclass::text as label, c.relname, c.relkind, c.relowner,
    c.relacl, c.relrowsecurity, c.relforcerowsecurity, c.relispartition, c.relpersistence, c.reloptions
  from schemas s join pg_class c on c.relnamespace = s.oid
  where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
    and (s.kind not in ('own', 'other')
      or not exists (select from pg_depend where classid = 'pg_class'::regclass and objid = c.oid and deptype = 'e'))
),
functions as materialized (
  select s.oid as schema, s.kind, s.users, f.oid, f.oid::regprocedure::text as label, f.proowner, f.proacl, f.prosecdef,
    f.proconfig
  from schemas s join pg_proc f on f.pronamespace = s.oid
  where s.kind not in ('own', 'other')
    or not exists (select from pg_depend where classid = 'pg_proc'::regclass and objid = f.oid and deptype = 'e')
),
tables as materialized (
  select r.*, a.attnum as tenant_column, a.attnotnull as tenant_not_null
  from relations r left join pg_attribute a
    on a.attrelid = r.oid and a.attname = 'tenant_id' and a.atttypid = 'uuid'::regtype and not a.attisdropped
  where r.kind in ('pooled', 'schema') and r.relkind in ('r', 'p')
),
guarded as materialized (
  select * from tables where tenant_column is not null and not relispartition
),
policies as materialized (
  select p.*, format('%s policy %I', g.label, p.polname) as object, pg_get_expr(p.polqual, p.polrelid) as using_text,
    pg_get_expr(p.polwithcheck, p.polrelid) as check_text
  from tables g join pg_policy p on p.polrelid = g.oid
  where g.kind = 'pooled'
),
searched as materialized (
  select p.oid, p.polrelid from policies p
  where p.polname = 'tenant_sign_in' and p.polpermissive and p.polcmd = 'r' and p.polroles = array[to_regrole('${signIn}')::oid]
    and p.using_text = 'true' and p.check_text is null
),
tenant_roles as materialized (
  select t.status, t.tables, t.schema_name, 'role_' || word as role, n.name, n.name <> 'role_' || word as logs_in
  from tenantry.tenants t cross join replace(t.slug, '-', '_') word
  cross join unnest(array['role_' || word, 'login_' || word || '_a', 'login_' || word || '_b']) n (name)
  where t.tier <> 'pooled'
),
administrators as materialized (
  select oid, rolname from pg_roles where rolname = current_user or rolname ~ '^tenantry_admin_[0-9]{3,}$'
),
own_roles as materialized (
  select r.oid, false as administers, t.logs_in, case when t.tables = 'own' then t.role end as acts_as,
    case t.tables when 'managed' then array[t.schema_name]
      else array[t.schema_name, t.schema_name || ', ${UNNAMED_SCHEMA}'] end as paths
  from tenant_roles t join pg_roles r on r.rolname = t.name
  union all
  select r.oid, false, c.logs_in, c.acts_as, array['${POOLED_SCHEMA}']
  from (values ('${tenants}', false, null), ('${control}', false, null), ('${owner}', false, null), ('${signIn}', false, null),
    ${CELL_LOGIN_ROWS.join(", ")}) c (name, logs_in, acts_as)
  join pg_roles r on r.rolname = c.name
  union all
  select oid, true, false, null, '{}' from administrators where rolname <> current_user
),
expected_members as materialized (
  select role, name as member from tenant_roles where logs_in and status <> 'removed'
  union all
  select '${tenants}', name from tenant_roles where not logs_in and status <> 'removed'
  union all
  values ('${owner}', '${migrator}'), ${CELL_LOGIN_MEMBERS.join(", ")}
)`;
