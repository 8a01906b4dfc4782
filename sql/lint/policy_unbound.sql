--! severity: error
--! holds: Every permissive policy asks for the current tenant, but that of sign-in
--! fix: drop the policy; the wall still stands, but it is the only guard then
select distinct p.object, said
from policies p cross join unnest(array[p.using_text, p.check_text]) said
where p.polpermissive and said !~ 'tenantry\.current_tenant\(\)' and p.oid not in (select oid from searched)
