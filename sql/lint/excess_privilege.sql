--! severity: error
--! holds: Whoever may use a table may not empty it, refer to it, put triggers on it or pass its rights on; sign-in reads columns alone
--! fix: `up --refresh`, or: revoke all on <table> from <role>
select t.label, format('%s%s for %s', lower(a.privilege_type), case when a.is_grantable then ' with grant option' else '' end,
  a.grantee::regrole)
from tables t cross join lateral aclexplode(t.relacl) a
where a.grantee = any (t.users) and not t.relispartition and (
  a.privilege_type not in ('SELECT', 'INSERT', 'UPDATE', 'DELETE') or a.is_grantable or a.grantee = to_regrole('tenantry_sign_in'))
union all
select format('%s.%I', t.label, c.attname), format('%s for %s', lower(a.privilege_type), a.grantee::regrole)
from tables t join pg_attribute c on c.attrelid = t.oid and c.attacl is not null cross join lateral aclexplode(c.attacl) a
where a.grantee = to_regrole('tenantry_sign_in')
  and (a.privilege_type <> 'SELECT' or a.is_grantable or t.oid not in (select polrelid from searched))
