--! severity: error
--! holds: No function but Tenantry's runs with the rights of its owner
--! fix: alter function <function> security invoker, or drop it
select label, 'runs with the rights of ' || proowner::regrole
from functions
where prosecdef and kind <> 'own' and (kind <> 'control' or proowner is distinct from to_regrole('tenantry_control'))
  and (kind <> 'pooled' or proowner is distinct from to_regrole('tenantry_sign_in'))
