/** Tables as the catalog has them: what a row of each needs. */
import type { Client } from "pg";
import { orderByReference } from "../../database/reference-order";
import { readTables } from "../../database/tables";

export interface Column {
  readonly name: string;
  /** As SQL spells it, with its length or precision. */
  readonly type: string;
  /** Takes no null. */
  readonly notNull: boolean;
  /** Expression; null where there is none. */
  readonly default: string | null;
  /** Values come from the table itself: generated columns, identities. */
  readonly made: boolean;
  /** Of an enumeration. */
  readonly labels: readonly string[];
}

export interface Check {
  readonly text: string;
  readonly columns: readonly string[];
}

export interface Reference {
  readonly columns: readonly string[];
  /** Qualified name of the table that is referred to. */
  readonly table: string;
  /** Its columns, in the order of `columns`. */
  readonly others: readonly string[];
}

export interface TableShape {
  readonly schema: string;
  readonly name: string;
  readonly columns: readonly Column[];
  readonly checks: readonly Check[];
  readonly references: readonly Reference[];
}

/** The tables of a schema that hold tenants' rows; those that others refer to come first. */
export async function readTableShapes(admin: Client, schema: string): Promise<readonly TableShape[]> {
  const tables = await orderByReference(admin, schema, await readTables(admin, schema));
  const { rows } = await admin.query<TableShape>(SHAPES, [schema, tables]);
  return rows;
}

const NAMES = (table: string, numbers: string) =>
  `array(select a.attname::text from unnest(${numbers}) with ordinality u (number, at)
     join pg_attribute a on a.attrelid = ${table} and a.attnum = u.number order by u.at)`;

/** Under a search path of `pg_catalog`, so that expressions name everything else in full. */
const SHAPES = `
select n.nspname as schema, c.relname as name,
  (select json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, a.atttypmod),
      'notNull', a.attnotnull or t.typnotnull,
      'default', case when a.attgenerated = '' then pg_get_expr(d.adbin, d.adrelid) end,
      'made', a.attgenerated <> '' or a.attidentity <> '',
      'labels', array(select e.enumlabel from pg_enum e where e.enumtypid in (t.oid, t.typbasetype))) order by a.attnum)
    from pg_attribute a join pg_type t on t.oid = a.atttypid
    left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns,
  (select coalesce(json_agg(json_build_object('text', pg_get_expr(k.conbin, k.conrelid),
      'columns', ${NAMES("c.oid", "k.conkey")})), '[]')
    from pg_constraint k where k.conrelid = c.oid and k.contype = 'c') as checks,
  (select coalesce(json_agg(json_build_object('columns', ${NAMES("c.oid", "k.conkey")},
      'table', k.confrelid::regclass::text, 'others', ${NAMES("k.confrelid", "k.confkey")})), '[]')
    from pg_constraint k where k.conrelid = c.oid and k.contype = 'f' and k.conparentid = 0) as "references"
from unnest($2::text[]) with ordinality wanted (name, at)
join pg_namespace n on n.nspname = $1 join pg_class c on c.relnamespace = n.oid and c.relname = wanted.name
order by wanted.at`;
