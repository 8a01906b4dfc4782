--! severity: error
--! holds: Every table has its wall: a restrictive policy where rows are pooled, a check in a tenant's own schema
--! fix: `up --refresh` makes the wall again; look for rows that came in without it
select g.label, 'no restrictive policy tenant_wall that holds everybody to ' || wall
from guarded g cross join given
where g.kind = 'pooled' and not exists (
  select from policies p
  where p.polrelid = g.oid and p.polname = 'tenant_wall' and not p.polpermissive and p.polcmd = '*'
    and p.using_text = wall and p.check_text = wall
    and case when g.oid in (select polrelid from searched)
      then array(select r::regrole::text from unnest(p.polroles) r order by 1) = '{tenantry_app,tenantry_owner,tenantry_reader}'
      else p.polroles = '{0}' end)
union all
select g.label, 'no valid check tenant_wall on tenant ' || g.tenant_id
from guarded g
where g.kind = 'schema' and not exists (
  select from pg_constraint k
  where k.conrelid = g.oid and k.conname = 'tenant_wall'
    and pg_get_constraintdef(k.oid) = format('CHECK ((tenant_id = %L::uuid))', g.tenant_id))
