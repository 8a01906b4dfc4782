--! severity: error
--! holds: Everybody may enter no database of the server
--! fix: revoke all on database <database> from public, as its owner
-- In databases that belong to RDS nobody can change that.
select 'database ' || quote_ident(d.datname), string_agg(distinct lower(a.privilege_type), ', ') || ' for everybody'
from pg_database d cross join lateral aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a
where d.datallowconn and a.grantee = 0 and d.datname <> 'rdsadmin'
  and (d.datname not in ('postgres', 'template1') or pg_has_role(d.datdba, 'usage'))
group by d.datname
