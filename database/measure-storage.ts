/** Storage: measured from time to time, and kept in the cell together with who has none left. */
import type { Client } from "pg";
import { PROBE_SLUGS } from "../registry/names";
import type { Quota } from "./directives";
import { type MeasureOptions, measurePooled, type PooledReader, readSharedTables } from "./pooled-storage";

/** Lends a reader of the shared tables; asked only where there are pooled tenants. */
export type WithPooledReader = <T>(use: (reader: PooledReader) => Promise<T>) => Promise<T>;

/** The quota that limits storage, if one does. */
export const storageQuotaOf = (quotas: readonly Quota[]): string | undefined =>
  quotas.find(({ measure }) => measure.kind === "storage")?.name;

/** Tenants that `prove` makes in a cell while it works there: nobody's. */
export const OF_A_PROOF: readonly string[] = Object.values(PROBE_SLUGS);

/**
 * Measures tables with their indexes, and freezes or thaws: from 100 % of the limit on, until less than 90 % are used. Gives the
 * number of those measured. Pooled tenants that are not active stay at what was measured last.
 */
export async function measureStorage(
  client: Client,
  quotas: readonly Quota[],
  withReader: WithPooledReader,
  options: MeasureOptions = {},
): Promise<number> {
  const quota = storageQuotaOf(quotas);
  if (quota === undefined) return 0;
  // First those that need no reader: they are measured also where there is none.
  const { rowCount } = await client.query(keep(HOUSED), [quota, OF_A_PROOF]);
  const { rows } = await client.query<{ id: string }>(POOLED, [OF_A_PROOF]);
  if (rows.length === 0) return rowCount ?? 0;
  const tables = await readSharedTables(client);
  const ids = rows.map(({ id }) => id);
  const found = await withReader((reader) => measurePooled(reader, tables, ids, options));
  await client.query(keep(GIVEN), [quota, JSON.stringify(found)]);
  return (rowCount ?? 0) + found.length;
}

const POOLED = `
select id from tenantry.tenants
where status = 'active' and tables = 'managed' and tier = 'pooled' and slug <> all ($1) order by id`;

const HOUSED = `
  select t.id, sum(pg_total_relation_size(c.oid))::bigint as bytes, false as estimated
  from tenantry.tenants t join pg_class c on c.relnamespace = to_regnamespace(quote_ident(t.schema_name))
  where t.status <> 'removed' and t.tables = 'managed' and t.tier <> 'pooled' and t.slug <> all ($2) and c.relkind in ('r', 'm')
  group by t.id`;

/** Who was removed meanwhile is left out. */
const GIVEN = `
  select g.id, g.bytes::bigint as bytes, g.estimated
  from json_to_recordset($2) g (id uuid, bytes float8, estimated boolean) join tenantry.tenants t on t.id = g.id
  where t.status <> 'removed'`;

/** `$1`: the quota. */
const keep = (measured: string): string => `
with measured as (
  select m.*, tenantry.storage_limit(m.id, $1) as most from (${measured}) m
)
insert into tenantry.storage as s (tenant_id, bytes, estimated, frozen)
select id, bytes, estimated, coalesce(bytes >= most, false) from measured
on conflict (tenant_id) do update set bytes = excluded.bytes, estimated = excluded.estimated, measured_at = now(),
  frozen = excluded.frozen or (s.frozen and coalesce(excluded.bytes >= 0.9 * (select most from measured where id = s.tenant_id), false))`;
