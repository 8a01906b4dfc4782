--! severity: error
--! holds: No table or view has a trigger that is not Tenantry's: it sees rows of all tenants, with the rights of whoever writes
--! fix: drop trigger <trigger> on <table>
select format('%s trigger %I', t.label, g.tgname), 'runs ' || g.tgfoid::regprocedure
from relations t join pg_trigger g on g.tgrelid = t.oid join pg_proc f on f.oid = g.tgfoid
where t.kind in ('pooled', 'schema') and not g.tgisinternal
  and not (starts_with(g.tgname, 'tenantry_quota_') and f.pronamespace = to_regnamespace('tenantry'))
