/** The tables of a schema, as its catalog has them: nothing is parsed from SQL. */
import type { ClientBase } from "pg";

/**
 * Names of the tables in the schema that have a `tenant_id` of type uuid, sorted. Partitions are left out: they are reached
 * through their parent alone and get no privileges. So is a table without the column, which no guard could protect. Found by their dependency
 * on the schema, which has an index: `pg_class` has none by schema, and would be read whole for each of thousands.
 */
export async function readTables(client: ClientBase, schema: string): Promise<readonly string[]> {
  const { rows } = await client.query<{ name: string }>(
    `select c.relname as name
     from pg_catalog.pg_depend d
     join pg_catalog.pg_class c on c.oid = d.objid
     join pg_catalog.pg_attribute a on a.attrelid = c.oid
     where d.refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass and d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
       and d.refobjid = (select oid from pg_catalog.pg_namespace where nspname = $1)
       and c.relkind in ('r', 'p') and not c.relispartition and a.attname = 'tenant_id' and not a.attisdropped
       and a.atttypid = 'pg_catalog.uuid'::pg_catalog.regtype
     order by c.relname collate "C"`,
    [schema],
  );
  return rows.map(({ name }) => name);
}
