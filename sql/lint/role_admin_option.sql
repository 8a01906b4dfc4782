--! severity: error
--! holds: No member of a role may let others in
--! fix: revoke admin option for <role> from <member>
select 'role ' || m.roleid::regrole, m.member::regrole || ' may grant it to others'
from pg_auth_members m
where m.admin_option and m.roleid in (select oid from own_roles) and m.member not in (select oid from administrators)
  and exists (select from expected_members e where e.role = m.roleid::regrole::text and e.member = m.member::regrole::text)
