--! severity: error
--! holds: Everybody has no rights on a schema, but to look things up in `public`
--! fix: revoke all on schema <schema> from public
select 'schema ' || quote_ident(s.name), lower(a.privilege_type) || ' for everybody'
from schemas s cross join lateral aclexplode(s.acl) a
where a.grantee = 0 and (a.privilege_type <> 'USAGE' or s.name <> 'public')
  and not exists (select from pg_depend where classid = 'pg_namespace'::regclass and objid = s.oid and deptype = 'e')
