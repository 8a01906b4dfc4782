--! severity: error
--! holds: Every primary key and unique index has tenant_id in it
--! fix: write primary key (tenant_id, ...) or unique (tenant_id, ...); else a tenant learns which values others have
select format('%s index %I', t.label, x.relname), pg_get_indexdef(i.indexrelid)
from tables t join pg_index i on i.indrelid = t.oid join pg_class x on x.oid = i.indexrelid
where i.indisunique and not i.indisexclusion
  and t.tenant_column <> all ((i.indkey::int2[])[0:i.indnkeyatts - 1])
