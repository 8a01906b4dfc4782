--! severity: error
--! holds: Nothing that an owner of Tenantry's will make is for anybody else
--! fix: `up --refresh`, or: alter default privileges for role <role> [in schema <schema>] revoke all on <objects> from <other>
select 'default privileges of ' || d.defaclrole::regrole,
  format('%s on new %s for %s', lower(a.privilege_type),
    case d.defaclobjtype when 'r' then 'tables' when 'S' then 'sequences' when 'f' then 'functions' when 'n' then 'schemas'
      when 'T' then 'types' else 'objects' end, a.grantee::regrole)
from pg_default_acl d cross join lateral aclexplode(d.defaclacl) a
where d.defaclrole in (to_regrole('tenantry_control'), to_regrole('tenantry_owner'), to_regrole('tenantry_sign_in'))
  and a.grantee not in (0, d.defaclrole)
