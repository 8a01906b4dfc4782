--! severity: error
--! holds: Everybody may read no large object
--! fix: revoke all on large object <number> from public
select 'large object ' || l.oid, lower(a.privilege_type) || ' for everybody'
from pg_largeobject_metadata l cross join lateral aclexplode(l.lomacl) a
where a.grantee = 0
