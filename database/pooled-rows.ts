/** Pooled tenants are rows: thousands of them are written at once. */
import type { Client } from "pg";
import type { TenantSpec } from "./tenant-spec";

const CHUNK = 5_000;

/** Writes the rows, whatever is there. Each chunk is one statement. */
export async function writePooledRows(client: Client, specs: readonly TenantSpec[]): Promise<void> {
  for (let start = 0; start < specs.length; start += CHUNK) {
    const chunk = specs.slice(start, start + CHUNK);
    const column = (read: (spec: TenantSpec) => string) => chunk.map(read);
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
