--! severity: error
--! holds: Nobody but tenantry_control reads or changes what a cell knows: keys, pins, tenants, limits; sign-in reads which tenants it serves
--! fix: revoke all on <table> from <role>; if it was tenantry.keys, make a new key: whoever read the old one can sign for every pooled tenant
select held.object, format('%s for %s', lower(held.privilege), held.grantee::regrole)
from (
  select r.label, r.relowner, a.grantee, a.privilege_type
  from relations r cross join lateral aclexplode(r.relacl) a where r.kind = 'control'
  union all
  select format('%s.%I', r.label, c.attname), r.relowner, a.grantee, a.privilege_type
  from relations r join pg_attribute c on c.attrelid = r.oid and c.attacl is not null cross join lateral aclexplode(c.attacl) a
  where r.kind = 'control'
) held (object, owner, grantee, privilege)
where held.grantee not in (held.owner, 0) and not (
  held.object ~ '^tenantry\.tenants\.(id|slug|tier|status)$' and held.privilege = 'SELECT'
  and held.grantee is not distinct from to_regrole('tenantry_sign_in'))
