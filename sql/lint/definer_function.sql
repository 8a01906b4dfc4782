--! severity: error
--! holds: No function but Tenantry's runs with the rights of its owner
--! fix: alter function <function> security invoker, or drop it
select label, 'runs with the rights of ' || proowner::regrole
from functions
where prosecdef and kind <> 'own' and not (kind = 'control' and proowner = to_regrole('tenantry_control'))
  and not (kind = 'pooled' and proowner = to_regrole('tenantry_sign_in'))
