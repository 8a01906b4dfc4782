--! severity: error
--! holds: Nobody but the tenant, or the pooled application and its reader, has rights in a managed schema, and they execute nothing of Tenantry's but the question who they are
--! fix: `up --refresh`, or: revoke all on <object> from <role>
select held.object, format('%s for %s', lower(held.privilege), held.grantee::regrole)
from (
  select s.users, 'schema ' || quote_ident(s.name), s.owner, a.grantee, a.privilege_type
  from schemas s cross join lateral aclexplode(s.acl) a
  union all
  select r.users, r.label, r.relowner, a.grantee, a.privilege_type
  from relations r cross join lateral aclexplode(r.relacl) a where not r.relispartition
  union all
  select r.users, format('%s.%I', r.label, c.attname), r.relowner, a.grantee, a.privilege_type
  from relations r join pg_attribute c on c.attrelid = r.oid and c.attacl is not null cross join lateral aclexplode(c.attacl) a
  where not r.relispartition
  union all
  select case when f.kind <> 'control' then f.users when f.oid = to_regprocedure('tenantry.current_tenant()')
    then array[to_regrole('tenantry_app')::oid, to_regrole('tenantry_reader')::oid] else '{}' end,
    f.label, f.proowner, a.grantee, a.privilege_type
  from functions f cross join lateral aclexplode(f.proacl) a
) held (users, object, owner, grantee, privilege)
where held.grantee not in (held.owner, 0) and held.grantee <> all (held.users)
