/**
 * The shape of a schema: what it consists of, so that one that drifted from the others is found in one query and told item by
 * item. Run as the admin, with a search path of `pg_catalog` alone.
 */
import type { ClientBase } from "pg";
import { ITEM_KINDS, SOURCES } from "./shape-items";

/** A schema to look at, and what in it is the tenant's own. */
export interface Subject {
  readonly schema: string;
  readonly role?: string;
  readonly tenantId?: string;
}

export { diffShapes } from "./shape-diff";

export interface Shape {
  readonly digest: string;
  /** `key = value`, sorted. */
  readonly items: readonly string[];
}

/**
 * Schema name to digest, hashed inside the server in one query; a schema that does not exist is absent. Equal digests mean equal
 * shapes. Different ones mean: look at the items, which may be equal still (see `shape-items.ts`).
 */
export async function readShapes(
  client: ClientBase,
  subjects: readonly Subject[],
): Promise<ReadonlyMap<string, string>> {
  const { rows } = await client.query<{ schema: string; digest: string }>(DIGESTS, [JSON.stringify(subjects)]);
  return new Map(rows.map(({ schema, digest }) => [schema, digest]));
}

/** Digest and items of one schema. Throws when it does not exist. */
export async function readShape(client: ClientBase, subject: Subject): Promise<Shape> {
  const digest = (await readShapes(client, [subject])).get(subject.schema);
  if (digest === undefined) throw new Error(`schema ${subject.schema} does not exist`);
  const { rows } = await client.query<{ item: string }>(ITEMS, [JSON.stringify([subject])]);
  return { digest, items: rows.map(({ item }) => item) };
}

const UNION = "\n  union all\n  ";

/** The sum does not depend on the order of rows, so that nothing has to be sorted. */
const DIGESTS = `with ${SOURCES},
hashes (schema, hash) as (
  ${ITEM_KINDS.flatMap(({ from, sieve }, kind) =>
    sieve === undefined ? [] : [`select r.schema, hash_record_extended(row(${kind}, ${sieve}), 0) from ${from}`],
  ).join(UNION)}
)
select n.nspname as schema, md5(count(*) || ' ' || sum(hash)) as digest
from hashes join pg_namespace n on n.oid = hashes.schema group by n.nspname`;

const ITEMS = `with ${SOURCES}
select item from (
  ${ITEM_KINDS.map(({ from, key, value }) => `select ${key} || ' = ' || ${value} as item from ${from}`).join(UNION)}
) items order by item collate "C"`;
