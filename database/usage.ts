/** What tenants use, against what they may. */
import type { Client } from "pg";
import type { Quota } from "./directives";
import { OF_A_PROOF, storageQuotaOf } from "./measure-storage";

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
  const { rows } = await client.query<Usage>(USAGE, [names, storageQuotaOf(quotas) ?? null, slug ?? null, OF_A_PROOF]);
  return rows;
}

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
where t.status <> 'removed' and t.tables = 'managed' and ($3::text is null or t.slug = $3) and t.slug <> all ($4)
order by t.slug, q.place`;
