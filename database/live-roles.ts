/** The roles of a cell as its catalog has them. */
import type { Client } from "pg";
import type { Grant, LiveRole } from "./role-facts";

interface RoleRow {
  readonly name: string;
  readonly login: boolean;
  readonly limit: number;
  readonly excess: readonly string[];
  readonly settings: readonly string[] | null;
  readonly databases: readonly string[] | null;
  readonly memberOf: readonly string[] | null;
  readonly members: readonly string[] | null;
  readonly mark: string | null;
}

/** All roles of tenants, whoever made them, and those named. One query. */
export async function readRoles(client: Client, others: readonly string[]): Promise<ReadonlyMap<string, LiveRole>> {
  const { rows } = await client.query<RoleRow>(ROLES, [others]);
  return new Map(rows.map((row) => [row.name, liveRole(row)]));
}

function liveRole({ name, login, limit, excess, settings, databases, memberOf, members, mark }: RoleRow): LiveRole {
  return {
    name,
    login,
    limit,
    excess,
    settings: Object.fromEntries((settings ?? []).map(splitSetting)),
    databases: databases ?? [],
    memberOf: (memberOf ?? []).map(splitGrant),
    members: (members ?? []).map(splitGrant),
    ...(mark === null ? {} : { mark }),
  };
}

const splitSetting = (text: string): [string, string] => {
  const at = text.indexOf("=");
  return [text.slice(0, at), text.slice(at + 1)];
};

/** Names of roles may hold anything but NUL and, unless somebody wants to be told of drift, no line feed. */
function splitGrant(text: string): Grant {
  const [role = "", grantor = "", set] = text.split("\n");
  return { role, grantor, set: set === "true" };
}

/**
 * Members that administer a role are left out: the session's own role and the createrole roles under it, which have the
 * admin option of what they made.
 */
const ROLES = String.raw`
with chosen as materialized (
  select * from pg_roles
   where rolname ~ '^(role|login)_' or rolname = any($1)
), settings as (
  select s.setrole, array_agg(config) filter (where s.setdatabase = 0) as here,
         array_agg(distinct d.datname::text) filter (where s.setdatabase <> 0) as databases
    from pg_db_role_setting s cross join unnest(s.setconfig) config left join pg_database d on d.oid = s.setdatabase
   where s.setrole <> 0
   group by s.setrole
), groups as (
  select m.member as oid, array_agg(r.rolname || e'\n' || g.rolname || e'\n' || m.set_option order by r.rolname) as list
    from pg_auth_members m join pg_roles r on r.oid = m.roleid join pg_roles g on g.oid = m.grantor
   where m.member in (select oid from chosen)
   group by m.member
), members as (
  select m.roleid as oid, array_agg(r.rolname || e'\n' || g.rolname || e'\n' || m.set_option order by r.rolname) as list
    from pg_auth_members m join pg_roles r on r.oid = m.member join pg_roles g on g.oid = m.grantor
   where m.roleid in (select oid from chosen)
     and r.rolname <> current_user and r.rolname !~ '^tenantry_admin_[0-9]{3,}$'
   group by m.roleid
)
select c.rolname as name, c.rolcanlogin as login, c.rolconnlimit as limit,
  array_remove(array[
    case when c.rolsuper then 'nosuperuser' end, case when c.rolcreaterole then 'nocreaterole' end,
    case when c.rolcreatedb then 'nocreatedb' end, case when c.rolreplication then 'noreplication' end,
    case when c.rolbypassrls then 'nobypassrls' end, case when not c.rolinherit then 'inherit' end,
    case when c.rolvaliduntil <> 'infinity' then 'valid until ''infinity''' end], null) as excess,
  settings.here as settings, settings.databases, groups.list as "memberOf", members.list as members,
  d.description as mark
from chosen c
left join settings on settings.setrole = c.oid
left join groups on groups.oid = c.oid
left join members on members.oid = c.oid
left join pg_shdescription d on d.objoid = c.oid and d.classoid = 'pg_authid'::regclass`;
