/** Tables in the order of their references: what another one refers to comes first. */
import type { ClientBase } from "pg";

/** The same tables; those that refer to one another in a circle come last. */
export async function orderByReference(
  client: ClientBase,
  schema: string,
  tables: readonly string[],
): Promise<readonly string[]> {
  const { rows } = await client.query<{ name: string; refers: readonly string[] }>(
    `select c.relname as name, array_agg(distinct r.relname::text) as refers
     from pg_catalog.pg_constraint k
     join pg_catalog.pg_class c on c.oid = k.conrelid join pg_catalog.pg_class r on r.oid = k.confrelid
     where k.contype = 'f' and k.conrelid <> k.confrelid
       and c.relnamespace = (select oid from pg_catalog.pg_namespace where nspname = $1) and r.relnamespace = c.relnamespace
     group by c.relname`,
    [schema],
  );
  const refers = new Map(rows.map((row) => [row.name, row.refers]));
  const ordered = new Set<string>();
  for (let known = -1; known < ordered.size; ) {
    known = ordered.size;
    for (const table of tables) {
      const waits = (refers.get(table) ?? []).filter((other) => tables.includes(other) && !ordered.has(other));
      if (waits.length === 0) ordered.add(table);
    }
  }
  return [...ordered, ...tables.filter((table) => !ordered.has(table))];
}
