--! severity: error
--! holds: Nothing that will be made is for everybody
--! fix: `up --refresh`, or: alter default privileges for role <role> [in schema <schema>] revoke all on <objects> from public
select 'default privileges of ' || d.defaclrole::regrole,
  format('%s on new %s for everybody', lower(a.privilege_type),
    case d.defaclobjtype when 'r' then 'tables' when 'S' then 'sequences' when 'f' then 'functions' when 'n' then 'schemas'
      else 'objects' end)
from pg_default_acl d cross join lateral aclexplode(d.defaclacl) a
where a.grantee = 0 and d.defaclobjtype <> 'T'
union
select 'default privileges of ' || r.rolname, 'execute on new functions for everybody'
from pg_roles r
where r.rolname in ('tenantry_control', 'tenantry_owner', 'tenantry_sign_in') and not exists (
  select from pg_default_acl d where d.defaclrole = r.oid and d.defaclnamespace = 0 and d.defaclobjtype = 'f')
