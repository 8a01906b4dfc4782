/** Look-ups as the tables of a schema bear them out. */
import type { ClientBase } from "pg";
import { TenantryError } from "../registry/errors";
import { columnsOf, type LookUp } from "./look-up";

/** One whose columns exist, with their types as PostgreSQL spells them. */
export interface TypedLookUp extends LookUp {
  readonly type: string;
  /** The columns of `gives`, each with its name, quoted where it must be, and its type. */
  readonly given: readonly string[];
}

interface Found {
  readonly type: string | null;
  readonly builtIn: boolean | null;
  readonly given: readonly string[];
  readonly missing: readonly string[];
  /** Conditions that the column's type cannot be asked for. */
  readonly unfit: readonly string[];
  readonly indexed: boolean;
}

/**
 * Reads the types of the look-ups' columns; one query, and none where there are no look-ups.
 * @throws TenantryError TN-335 for a table or column that is not there, a type of another kind than PostgreSQL's own, a condition
 * that the column's type cannot be asked for, or a look-up that no index serves: it would read the rows of all tenants.
 */
export async function typeLookUps(
  client: ClientBase,
  schema: string,
  lookUps: readonly LookUp[],
): Promise<readonly TypedLookUp[]> {
  if (lookUps.length === 0) return [];
  const asked = lookUps.map((lookUp) => ({ ...lookUp, used: columnsOf(lookUp) }));
  const { rows } = await client.query<Found>(TYPES, [schema, JSON.stringify(asked)]);
  return lookUps.map((lookUp, index) => assertServed(lookUp, rows[index]));
}

function assertServed(lookUp: LookUp, found: Found | undefined): TypedLookUp {
  if (!found) throw new Error("a look-up got no answer");
  const { name, table, column } = lookUp;
  const { type, builtIn, given, missing, unfit, indexed } = found;
  const refuse = (reason: string): never => {
    throw new TenantryError("TN-335", `the look-up ${name} of a \`--! sign-in\` directive cannot be made: ${reason}`);
  };
  if (missing.length > 0 || type === null) {
    return refuse(`${table} has no ${missing.join(", no ")}; name a table with \`tenant_id uuid\`, and columns of it`);
  }
  // The functions look for operators in pg_catalog alone: a type from elsewhere would be compared as another one.
  if (!builtIn) return refuse(`${table}.${column} is of type ${type}; allowed are types of PostgreSQL's own`);
  if (unfit.length > 0) {
    return refuse(
      `${table}.${unfit.join(`, ${table}.`)}; \`null or later\` is for date, timestamp and timestamptz, \`=\` for a value of the type`,
    );
  }
  if (!indexed) {
    return refuse(`it would read the rows of all tenants; make an index first: create index on ${table} (${column})`);
  }
  return { ...lookUp, type, given };
}

const TYPES = `
select format_type(k.atttypid, null) as type, t.typnamespace = 'pg_catalog'::regnamespace as "builtIn",
  array(select quote_ident(g.name) || ' ' || format_type(a.atttypid, null) from unnest(l.gives) with ordinality g (name, at)
    join pg_attribute a on a.attrelid = c.oid and a.attname = g.name order by at) as given,
  array(select u.name from unnest(l.used) u (name) where not exists (
    select from pg_attribute a where a.attrelid = c.oid and a.attname = u.name and a.attnum > 0
      and (u.name <> 'tenant_id' or a.atttypid = 'uuid'::regtype)) order by 1) as missing,
  array(select format('%s is of type %s', a.attname, spelled) from json_to_recordset(l."where") w ("is" text, "column" text, word text)
    join pg_attribute a on a.attrelid = c.oid and a.attname = w."column" cross join format_type(a.atttypid, a.atttypmod) spelled
    where w."is" = 'null or later' and a.atttypid <> all ('{date,timestamp,timestamptz}'::regtype[])
      or w."is" = 'word' and not pg_input_is_valid(w.word, spelled) order by 1) as unfit,
  exists (select from pg_index x where x.indrelid = c.oid and x.indkey[0] = k.attnum and x.indisvalid) as indexed
from rows from (json_to_recordset($2) as (name text, "table" text, "column" text, "where" json, gives text[], used text[]))
  with ordinality l (name, "table", "column", "where", gives, used, position)
left join pg_class c on c.relname = l."table" and c.relkind in ('r', 'p')
  and c.relnamespace = (select oid from pg_namespace where nspname = $1)
left join pg_attribute k on k.attrelid = c.oid and k.attname = l."column" and k.attnum > 0
left join pg_type t on t.oid = k.atttypid
order by l.position`;
