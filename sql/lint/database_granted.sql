--! severity: error
--! holds: Roles of Tenantry's may enter the cell's database, and may neither make schemas or temporary tables there nor enter another
--! fix: `up --refresh`, or: revoke create, temporary on database <database> from <role>; for another database: revoke all
select 'database ' || quote_ident(d.datname), format('%s for %s', lower(a.privilege_type), a.grantee::regrole)
from pg_database d cross join lateral aclexplode(d.datacl) a join own_roles o on o.oid = a.grantee
where not o.administers and (a.privilege_type <> 'CONNECT' or d.datname <> current_database())
