/** Pooled tenants are rows: thousands of them are written at once. */
import { type Client, DatabaseError } from "pg";
import type { Failures } from "./failure";
import type { TenantSpec } from "./tenant-spec";

const CHUNK = 5_000;

/** Writes the rows, whatever is there. Each chunk is one statement; one that fails is halved until the row is found. */
export async function writePooledRows(client: Client, specs: readonly TenantSpec[], failures: Failures): Promise<void> {
  for (let start = 0; start < specs.length; start += CHUNK) {
    await writeChunk(client, specs.slice(start, start + CHUNK), failures);
  }
}

async function writeChunk(client: Client, chunk: readonly TenantSpec[], failures: Failures): Promise<void> {
  const [first, second] = chunk;
  if (first && !second) {
    await failures.attempt(first.slug, () => write(client, chunk));
    return;
  }
  try {
    await write(client, chunk);
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error;
    const half = Math.ceil(chunk.length / 2);
    await writeChunk(client, chunk.slice(0, half), failures);
    await writeChunk(client, chunk.slice(half), failures);
  }
}

async function write(client: Client, specs: readonly TenantSpec[]): Promise<void> {
  const column = (read: (spec: TenantSpec) => string) => specs.map(read);
  await client.query(WRITE, [
    column(({ id }) => id),
    column(({ slug }) => slug),
    column(({ plan }) => plan),
    column(({ status }) => status),
    column(({ line }) => line),
    column(({ tables }) => tables),
    column(({ schema }) => schema),
  ]);
}

/** A pooled tenant has no login: pins to one are taken away. */
const WRITE = `
with wanted as (
  select * from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[])
    as w (id, slug, plan, status, line, tables, schema_name)
), unpinned as (
  delete from tenantry.logins where tenant_id in (select id from wanted)
)
insert into tenantry.tenants (id, slug, tier, plan, status, line, tables, schema_name)
select id, slug, 'pooled', plan, status, line, tables, schema_name from wanted
on conflict (id) do update set slug = excluded.slug, tier = excluded.tier, plan = excluded.plan, status = excluded.status,
  line = excluded.line, tables = excluded.tables, schema_name = excluded.schema_name, applied_at = now()`;
