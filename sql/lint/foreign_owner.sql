--! severity: error
--! holds: Everything in a managed schema belongs to tenantry_owner, but the look-ups of sign-in, and nothing in an application's own schema does
--! fix: `up --refresh` takes tables back; for the rest: alter ... owner to tenantry_owner
select owned.object, 'belongs to ' || owned.owner::regrole
from (
  select 'schema ' || quote_ident(name), owner from schemas where kind in ('pooled', 'schema')
  union all
  select label, relowner from relations where kind in ('pooled', 'schema')
  union all
  select label, proowner from functions
  where kind = 'schema' or kind = 'pooled' and proowner is distinct from to_regrole('tenantry_sign_in')
) owned (object, owner)
where owned.owner is distinct from to_regrole('tenantry_owner')
union all
select label, 'belongs to ' || owner::regrole
from (
  select label, relowner from relations where kind = 'own'
  union all
  select label, proowner from functions where kind = 'own'
) own (label, owner)
where owner in (to_regrole('tenantry_control'), to_regrole('tenantry_owner'), to_regrole('tenantry_sign_in'))
