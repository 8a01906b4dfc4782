--! severity: error
--! holds: tenant_id defaults to the tenant, so that an application need not name it
--! fix: `up --refresh` sets the default
select g.label || '.tenant_id', coalesce('defaults to ' || stored.value, 'has no default')
from guarded g left join lateral (
  select pg_get_expr(d.adbin, d.adrelid) as value from pg_attrdef d where d.adrelid = g.oid and d.adnum = g.tenant_column
) stored on true
where stored.value is distinct from
  case g.kind when 'pooled' then 'tenantry.current_tenant()' else format('%L::uuid', g.tenant_id) end
