--! severity: error
--! holds: Every view has the rights of whoever reads it
--! fix: alter view <view> set (security_invoker = true)
select label, 'reads with the rights of ' || relowner::regrole
from relations
where relkind = 'v' and kind not in ('control', 'own') and not exists (
  select from pg_options_to_table(reloptions) where option_name = 'security_invoker' and option_value::boolean)
