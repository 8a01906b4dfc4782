/** Every privilege that a login holds, by whatever way, as the catalog has it: all logins, all objects, one query. */
import type { Client } from "pg";

/** As in `has_..._privilege`, but for relations, routines and large objects. */
export type ObjectKind =
  | "relation"
  | "routine"
  | "schema"
  | "database"
  | "large object"
  | "server"
  | "foreign_data_wrapper"
  | "parameter"
  | "tablespace"
  | "role";

export interface Held {
  readonly login: string;
  readonly kind: ObjectKind;
  readonly schema: string;
  readonly name: string;
  /** The role that has it, of which the login is a member, or `public`. */
  readonly holder: string;
  /** `SELECT`, `USAGE`, ...; `MEMBER` and attributes of a role. Columns count as their table. */
  readonly privileges: readonly string[];
}

/**
 * Superusers and the admin itself are left out: they are no way in for a tenant. What extensions bring is theirs. What an owner
 * may do is told by who is a member of it. Of what PostgreSQL brings, privileges of Tenantry's own roles alone are looked at.
 */
export async function readHeld(admin: Client): Promise<readonly Held[]> {
  const { rows } = await admin.query<Held>(HELD);
  return rows;
}

/** By its dependency on the row of `pg_class`, `pg_proc`, ... that it is. */
const unlessExtension = (catalog: string, oid: string) =>
  `not exists (select from pg_depend e where e.classid = '${catalog}'::regclass and e.objid = ${oid} and e.deptype = 'e')`;

const HELD = `
with recursive reach (login, role) as (
  select oid, oid from pg_roles where rolcanlogin and not rolsuper and rolname <> session_user
  union
  select reach.login, m.roleid from reach join pg_auth_members m on m.member = reach.role
), spaces as materialized (
  select oid, nspname, nspacl, nspowner from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema'
), acls (kind, schema, name, owner, acl) as (
  select 'relation', n.nspname, c.relname, c.relowner, coalesce(c.relacl, acldefault(case c.relkind when 'S' then 's' else 'r' end::"char", c.relowner))
    from pg_class c join spaces n on n.oid = c.relnamespace
   where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S') and ${unlessExtension("pg_class", "c.oid")}
  union all
  select 'relation', n.nspname, c.relname, c.relowner, a.attacl
    from pg_attribute a join pg_class c on c.oid = a.attrelid join spaces n on n.oid = c.relnamespace where a.attacl is not null
  union all
  select 'routine', n.nspname, p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')', p.proowner, coalesce(p.proacl, acldefault('f', p.proowner))
    from pg_proc p join spaces n on n.oid = p.pronamespace where ${unlessExtension("pg_proc", "p.oid")}
  union all
  select 'schema', nspname, nspname, nspowner, coalesce(nspacl, acldefault('n', nspowner)) from spaces
  union all
  select 'database', '', datname, datdba, coalesce(datacl, acldefault('d', datdba)) from pg_database where datname = current_database()
  union all
  select 'large object', '', oid::text, lomowner, coalesce(lomacl, acldefault('L', lomowner)) from pg_largeobject_metadata
  union all
  select 'server', '', srvname, srvowner, coalesce(srvacl, acldefault('S', srvowner)) from pg_foreign_server
  union all
  select 'foreign_data_wrapper', '', fdwname, fdwowner, fdwacl from pg_foreign_data_wrapper
  union all
  select 'parameter', '', parname, null, paracl from pg_parameter_acl
  union all
  select 'tablespace', '', spcname, spcowner, spcacl from pg_tablespace
), server_acls (kind, schema, name, acl) as (
  select 'relation', relnamespace, relname, relacl from pg_class where relacl is not null
  union all
  select 'relation', relnamespace, relname, attacl from pg_attribute join pg_class c on c.oid = attrelid where attacl is not null
  union all
  select 'routine', pronamespace, proname || '(' || pg_get_function_identity_arguments(oid) || ')', proacl from pg_proc where proacl is not null
), grants as materialized (
  select kind, schema, name, a.grantee, a.privilege_type as privilege
    from acls cross join aclexplode(acls.acl) a where a.grantee is distinct from owner
  union all
  select kind, nspname, name, a.grantee, a.privilege_type
    from server_acls s join pg_namespace n on n.oid = s.schema cross join aclexplode(s.acl) a
   where n.oid not in (select oid from spaces) and a.grantee in (select oid from pg_roles where rolname ~ '^(role|login|tenantry)_')
)
select l.rolname as login, g.kind, g.schema, g.name, g.holder::text as holder,
  array_agg(distinct g.privilege order by g.privilege) as privileges
from (
  select g.kind, g.schema, g.name, h.rolname as holder, g.privilege, r.login
    from grants g join reach r on r.role = g.grantee join pg_roles h on h.oid = g.grantee
  union all
  select g.kind, g.schema, g.name, 'public', g.privilege, r.login
    from grants g cross join reach r where g.grantee = 0 and r.role = r.login
) g join pg_roles l on l.oid = g.login
group by 1, 2, 3, 4, 5
union all
select l.rolname, 'role', '', o.rolname, o.rolname,
  array_remove(array['MEMBER', case when o.rolsuper then 'SUPERUSER' end, case when o.rolbypassrls then 'BYPASSRLS' end,
    case when o.rolcreaterole then 'CREATEROLE' end, case when o.rolreplication then 'REPLICATION' end], null)
from reach r join pg_roles l on l.oid = r.login join pg_roles o on o.oid = r.role`;
