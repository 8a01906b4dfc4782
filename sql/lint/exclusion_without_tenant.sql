--! severity: error
--! holds: Every exclusion constraint compares tenant_id with =
--! fix: write exclude using gist (tenant_id with =, ...), with the extension btree_gist; else tenants keep values from one another
select format('%s constraint %I', t.label, k.conname), pg_get_constraintdef(k.oid)
from tables t join pg_constraint k on k.conrelid = t.oid
where t.tenant_column is not null and k.conexclop is not null and not exists (
  select from unnest(k.conkey, k.conexclop) compared (attnum, operator) join pg_operator o on o.oid = compared.operator
  where compared.attnum = t.tenant_column and o.oprname = '=')
