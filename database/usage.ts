/** What tenants use, against what they may. */
import type { Client } from "pg";
import type { Quota } from "./directives";

export interface Usage {
  readonly slug: string;
  readonly plan: string;
  readonly quota: string;
  /** Of the fullest group where groups are limited, of this month (UTC) where months are; GB for storage. Null: not measured yet. */
  readonly used: number | null;
  /** Null: no limit. */
  readonly limit: number | null;
  /** True while nothing may be added. */
  readonly frozen: boolean;
}

/** By tenant and quota; of one tenant, or of all. Applications that make their own tables are counted for nothing. */
export async function readUsage(client: Client, quotas: readonly Quota[], slug?: string): Promise<readonly Usage[]> {
  const names = quotas.map(({ name }) => name);
  const { rows } = await client.query<Usage>(USAGE, [names, storageOf(quotas) ?? null, slug ?? null]);
  return rows;
}

/**
 * Measures the schemas of tenants that have one, tables with their indexes, and freezes or thaws: from 100 % of the limit on, until
 * less than 90 % are used. What pooled tenants use of their shared tables is not measured. Gives the number of those measured.
 */
export async function measureStorage(client: Client, quotas: readonly Quota[]): Promise<number> {
  const quota = storageOf(quotas);
  if (quota === undefined) return 0;
  const { rowCount } = await client.query(MEASURE, [quota]);
  return rowCount ?? 0;
}

const storageOf = (quotas: readonly Quota[]) => quotas.find(({ measure }) => measure.kind === "storage")?.name;

const USAGE = `
with counted as (
  select tenant_id, quota, sum(used) as used from tenantry.usage u
  where period in ('-infinity', date_trunc('month', now() at time zone 'UTC')::date)
    and exists (select from tenantry.tenants t where t.id = u.tenant_id and t.schema_name = u.schema_name)
  group by tenant_id, quota, grp
)
select t.slug, t.plan, q.name as quota,
  (case when q.name = $2 then s.bytes / 1073741824.0
    else coalesce((select max(c.used) from counted c where c.tenant_id = t.id and c.quota = q.name), 0) end)::float8 as used,
  coalesce(t.limits -> q.name, p.limits -> q.name)::float8 as limit,
  q.name = $2 and coalesce(s.frozen and s.bytes >= 0.9 * tenantry.storage_limit(t.id, q.name), false) as frozen
from tenantry.tenants t
cross join unnest($1::text[]) with ordinality q (name, place)
left join tenantry.plans p on p.name = t.plan
left join tenantry.storage s on s.tenant_id = t.id
where t.status <> 'removed' and t.tables = 'managed' and ($3::text is null or t.slug = $3)
order by t.slug, q.place`;

const MEASURE = `
with measured as (
  select t.id, tenantry.storage_limit(t.id, $1) as most, sum(pg_total_relation_size(c.oid))::bigint as bytes
  from tenantry.tenants t join pg_class c on c.relnamespace = to_regnamespace(quote_ident(t.schema_name))
  where t.status <> 'removed' and t.tables = 'managed' and t.tier <> 'pooled' and c.relkind in ('r', 'm')
  group by t.id
)
insert into tenantry.storage as s (tenant_id, bytes, estimated, frozen)
select id, bytes, false, coalesce(bytes >= most, false) from measured
on conflict (tenant_id) do update set bytes = excluded.bytes, estimated = excluded.estimated, measured_at = now(),
  frozen = excluded.frozen or (s.frozen and coalesce(excluded.bytes >= 0.9 * (select most from measured where id = s.tenant_id), false))`;
