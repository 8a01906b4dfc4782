/** The tables of a schema, as its catalog has them: nothing is parsed from SQL. */
import type { ClientBase } from "pg";

/**
 * Names of the tables in the schema that have a `tenant_id`, sorted. Partitions are left out: they are reached through their
 * parent alone and get no privileges. So is a table without the column, which no guard could protect.
 */
export async function readTables(client: ClientBase, schema: string): Promise<readonly string[]> {
  const { rows } = await client.query<{ name: string }>(
    `select c.relname as name
     from pg_catalog.pg_class c join pg_catalog.pg_attribute a on a.attrelid = c.oid
     where c.relnamespace = (select oid from pg_catalog.pg_namespace where nspname = $1)
       and c.relkind in ('r', 'p') and not c.relispartition and a.attname = 'tenant_id' and not a.attisdropped
     order by c.relname collate "C"`,
    [schema],
  );
  return rows.map(({ name }) => name);
}
