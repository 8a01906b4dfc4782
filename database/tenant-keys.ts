/**
 * Keys that leave `tenant_id` out. No policy protects from those: uniqueness and references are checked against the rows of all
 * tenants, so one tenant learns which values another one has, and can keep it from using them or refer to its rows.
 */
import type { ClientBase } from "pg";
import { TenantryError } from "../registry/errors";

/** @throws TenantryError TN-333 that names every such key of the schema's tables. Tables without a `tenant_id` are nobody's. */
export async function assertTenantKeys(client: ClientBase, schema: string): Promise<void> {
  const { rows } = await client.query<{ problem: string }>(
    `with tables as (
       select c.oid, c.relname, a.attnum as tenant
       from pg_catalog.pg_class c join pg_catalog.pg_attribute a on a.attrelid = c.oid
       where c.relnamespace = (select oid from pg_catalog.pg_namespace where nspname = $1)
         and c.relkind in ('r', 'p') and not c.relispartition and a.attname = 'tenant_id' and not a.attisdropped
     )
     select format('%s of %s', x.relname, t.relname) as problem
     from tables t join pg_catalog.pg_index i on i.indrelid = t.oid join pg_catalog.pg_class x on x.oid = i.indexrelid
     where (i.indisunique or i.indisexclusion)
       and t.tenant <> all ((i.indkey::pg_catalog.int2[])[0:i.indnkeyatts - 1])
     union all
     select format('%s of %s', k.conname, t.relname)
     from tables t join pg_catalog.pg_constraint k on k.conrelid = t.oid
     where k.contype = 'f' and not exists (
       select from unnest(k.conkey, k.confkey) as pair (own, other) join tables r on r.oid = k.confrelid
       where pair.own = t.tenant and pair.other = r.tenant
     )
     order by problem`,
    [schema],
  );
  if (rows.length === 0) return;
  const keys = rows.map(({ problem }) => problem).join(", ");
  throw new TenantryError(
    "TN-333",
    `sql/tenant makes keys without tenant_id, which tell tenants of each other's rows, so no schema was touched: ${keys}; ` +
      "write primary key (tenant_id, id), unique (tenant_id, ...), foreign key (tenant_id, ...) references ... (tenant_id, ...)",
  );
}
