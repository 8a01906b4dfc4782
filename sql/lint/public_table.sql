--! severity: error
--! holds: Everybody has no rights on a table, view, sequence or column
--! fix: revoke all on <table> from public
select r.label, lower(a.privilege_type) || ' for everybody'
from relations r cross join lateral aclexplode(r.relacl) a
where r.kind <> 'own' and a.grantee = 0
union all
select format('%s.%I', r.label, c.attname), lower(a.privilege_type) || ' for everybody'
from relations r join pg_attribute c on c.attrelid = r.oid and c.attacl is not null cross join lateral aclexplode(c.attacl) a
where r.kind <> 'own' and a.grantee = 0
