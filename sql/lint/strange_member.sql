--! severity: error
--! holds: Nobody else is a member of a role of Tenantry's, and those are members of no other
--! fix: `up --refresh`, or: revoke <role> from <member>
-- Those that administer the roles are members of all that they made: the admin, and the createrole roles under it.
select 'role ' || m.roleid::regrole, 'has the member ' || m.member::regrole
from pg_auth_members m
where m.roleid in (select oid from own_roles)
  and m.member not in (select oid from administrators)
  and not exists (select from expected_members e where e.role = m.roleid::regrole::text and e.member = m.member::regrole::text)
union all
select 'role ' || m.roleid::regrole, 'has the member ' || m.member::regrole
from pg_auth_members m
where m.member in (select oid from own_roles)
  and m.roleid not in (select oid from own_roles union all select oid from administrators)
