--! severity: error
--! holds: Nobody has privileges on a partition: it is reached through its table, whose policies it has not
--! fix: revoke all on <partition> from <role>
select t.label, format('%s for %s', lower(a.privilege_type), a.grantee::regrole)
from tables t cross join lateral aclexplode(t.relacl) a
where t.relispartition and a.grantee not in (t.relowner, 0)
union
select t.label, format('%s of column %I for %s', lower(a.privilege_type), c.attname, a.grantee::regrole)
from tables t join pg_attribute c on c.attrelid = t.oid cross join lateral aclexplode(c.attacl) a
where t.relispartition and a.grantee not in (t.relowner, 0)
