--! severity: error
--! holds: Tenantry's functions with the rights of their owner have a fixed search path
--! fix: alter function <function> set search_path = pg_catalog, pg_temp
select label, coalesce('has ' || array_to_string(proconfig, '; '), 'has no search path of its own')
from functions
where prosecdef and kind in ('control', 'pooled') and proowner in (to_regrole('tenantry_control'), to_regrole('tenantry_sign_in'))
  and not coalesce(proconfig @> '{"search_path=pg_catalog, pg_temp"}', false)
