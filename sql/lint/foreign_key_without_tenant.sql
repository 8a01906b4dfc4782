--! severity: error
--! holds: Every foreign key pairs tenant_id with tenant_id, within one schema
--! fix: write foreign key (tenant_id, ...) references <table> (tenant_id, ...); else a row can refer to another tenant's
select format('%s constraint %I', t.label, k.conname), pg_get_constraintdef(k.oid)
from tables t join pg_constraint k on k.conrelid = t.oid and k.contype = 'f'
left join tables r on r.oid = k.confrelid and r.schema = t.schema
where t.tenant_column is not null and not exists (
  select from unnest(k.conkey, k.confkey) pair (own, other)
  where pair.own = t.tenant_column and pair.other = r.tenant_column)
