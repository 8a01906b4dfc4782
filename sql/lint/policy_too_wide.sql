--! severity: error
--! holds: No permissive policy lets through what the wall stops
--! fix: drop the policy, or write it as <the wall's condition> and <more>
-- An addition after `and` can only take rows away.
select p.object, said
from policies p cross join given cross join unnest(array[p.using_text, p.check_text]) said
where p.polpermissive and said ~ 'tenantry\.current_tenant\(\)'
  and said <> wall and not starts_with(said, '(' || wall || ' AND ')
