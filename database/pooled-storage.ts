/**
 * What pooled tenants use of the tables that they share. Row security stands before the owner too, and nothing is opened for this:
 * the cell's reader, which may select, is each tenant in turn by a signed context, as the application is.
 */
import { type Client, DatabaseError, escapeIdentifier, escapeLiteral } from "pg";
import { POOLED_SCHEMA } from "../registry/names";
import { qualified } from "./protection";
import { readTables } from "./tables";

/** Who reads. */
export interface PooledReader {
  /** A session of its own, outside of a transaction, as a login that may select from the shared tables. */
  readonly client: Client;
  /** A signed context. */
  contextOf(tenantId: string): string;
}

export interface MeasureOptions {
  /** Rows of one tenant in one table whose width is looked at; of more, the width is taken from so many. @default 10_000 */
  readonly sample?: number;
  /** Nothing is measured from then on. */
  readonly stop?: AbortSignal;
}

export interface TenantBytes {
  readonly id: string;
  readonly bytes: number;
  /** True where not every row was looked at. */
  readonly estimated: boolean;
}

/** A shared table: what tells how wide a row is, and how much its indexes add. */
export interface SharedTable {
  readonly name: string;
  /** Those that are stored. */
  readonly columns: readonly string[];
  /** Of its primary key. Tables are read in the order of random ids: the first rows are a sample. */
  readonly key: readonly string[];
  /** The table with its indexes, against the table. */
  readonly factor: number;
}

/** `client`: the admin's, with a search path of `pg_catalog` alone. */
export async function readSharedTables(client: Client): Promise<readonly SharedTable[]> {
  const names = await readTables(client, POOLED_SCHEMA);
  const asked = names.map((name) => qualified(POOLED_SCHEMA, name));
  const { rows } = await client.query<SharedTable>(SHARED, [asked]);
  return rows;
}

/**
 * One after the other, each in a transaction of its own. Rows are counted exactly; how wide they are is looked at, all of them or a
 * sample. Indexes are added in the proportion that they have for the whole table. What others left free is nobody's: a neighbour's
 * delete must not make anybody's share larger. Tenants that are not active any more are left out.
 */
export async function measurePooled(
  { client, contextOf }: PooledReader,
  tables: readonly SharedTable[],
  ids: readonly string[],
  { sample = 10_000, stop }: MeasureOptions = {},
): Promise<readonly TenantBytes[]> {
  if (tables.length === 0) return [];
  const each = tables.map((table) => renderSize(table, sample)).join("\n  union all\n  ");
  await client.query(`set row_security = on; prepare measure as
  select coalesce(sum(bytes), 0)::float8 as bytes, coalesce(bool_or(estimated), false) as estimated from (${each}) sizes`);
  const found: TenantBytes[] = [];
  for (const id of ids) {
    stop?.throwIfAborted();
    const size = (await present(client, contextOf(id))) ? await measureOne(client) : undefined;
    if (size) found.push({ id, ...size });
    await client.query("rollback");
  }
  return found;
}

/** Begins a transaction of the tenant. Gives whether it is one that the cell serves. */
async function present(client: Client, context: string): Promise<boolean> {
  try {
    await client.query(
      `begin; select set_config('tenantry.context', ${escapeLiteral(context)}, true); select tenantry.current_tenant()`,
    );
    return true;
  } catch (error) {
    if (error instanceof DatabaseError && error.code === "42501") return false; // suspended since it was listed
    throw error;
  }
}

async function measureOne(client: Client): Promise<Omit<TenantBytes, "id"> | undefined> {
  const { rows } = await client.query<Omit<TenantBytes, "id">>("execute measure");
  return rows[0];
}

/** A row's header and its place in the page; its columns as they are stored, compressed and apart from the row where they are. */
const ROW_OVERHEAD = 28;

function renderSize({ name, columns, key, factor }: SharedTable, sample: number): string {
  const table = qualified(POOLED_SCHEMA, name);
  const width = columns.map((column) => `coalesce(pg_column_size(${escapeIdentifier(column)}), 0)`);
  const order = key.length > 0 ? ` order by ${key.map(escapeIdentifier).join(", ")}` : "";
  return `select n.found * s.width * ${factor} as bytes, n.found > ${sample} as estimated
    from (select count(*) as found from ${table}) n, (select coalesce(avg(width), 0) as width from (
      select ${[ROW_OVERHEAD, ...width].join(" + ")} as width from ${table}${order} limit ${sample}) r) s`;
}

/** Virtual columns take no room, and are not computed here. */
const SHARED = `
select c.relname as name,
  array(select attname::text from pg_attribute where attrelid = c.oid and attnum > 0 and not attisdropped and attgenerated <> 'v'
    order by attnum) as columns,
  array(select a.attname::text from pg_index x cross join unnest(x.indkey::int2[]) with ordinality k (attnum, place)
    join pg_attribute a on a.attrelid = x.indrelid and a.attnum = k.attnum
    where x.indrelid = c.oid and x.indisprimary and a.attname <> 'tenant_id' and k.place <= x.indnkeyatts order by k.place) as key,
  coalesce(size.whole / nullif(size.rows, 0), 1)::float8 as factor
from unnest($1::text[]) t (name) join pg_class c on c.oid = t.name::regclass
cross join lateral (
  select sum(pg_total_relation_size(oid)) as whole, sum(pg_table_size(oid)) as rows
  from (select c.oid union select relid from pg_partition_tree(c.oid)) p (oid)
) size`;
