/** Whether the tables can be counted as their quotas say: asked of a schema made from the files, before any other is touched. */
import type { ClientBase } from "pg";
import { TenantryError } from "../registry/errors";
import { type CountedQuota, isCounted } from "./quota-sources";
import type { TableFile } from "./table-files";

/** What is added up is written out and read back exactly; a month begins when it does in UTC, whatever the session's time zone. */
const SUMMED = ["smallint", "integer", "bigint", "numeric"];
const TIMED = ["timestamp with time zone"];

/** A column that a quota needs, and the types that it may have; none: any. */
interface Needed {
  readonly column: string;
  readonly types: readonly string[];
}

interface Asked extends Needed {
  readonly file: string;
  readonly quota: string;
  readonly table: string;
}

/** @throws TenantryError TN-336 that names every quota of the files that the schema's tables cannot be counted for. */
export async function assertCountable(
  client: ClientBase,
  schema: string,
  files: readonly Pick<TableFile, "name" | "quotas">[],
): Promise<void> {
  const asked: readonly Asked[] = files.flatMap(({ name: file, quotas }) =>
    quotas
      .filter(isCounted)
      .flatMap((quota) =>
        needs(quota).map((needed) => ({ file, quota: quota.name, table: quota.measure.table, ...needed })),
      ),
  );
  if (asked.length === 0) return;
  const { rows } = await client.query<Asked & { readonly type: string | null }>(TYPES, [schema, JSON.stringify(asked)]);
  const problems = rows.filter(({ type, types }) => type === null || (types.length > 0 && !types.includes(type)));
  if (problems.length === 0) return;
  throw new TenantryError("TN-336", `no schema was touched: ${problems.map(say).join("; ")}`);
}

function needs({ measure }: CountedQuota): readonly Needed[] {
  const any = (column: string): Needed => ({ column, types: [] });
  const tenant = { column: "tenant_id", types: ["uuid"] };
  if (measure.kind === "count") return [tenant, ...(measure.per === undefined ? [] : [any(measure.per)])];
  const where = measure.where === undefined ? [] : [any(measure.where.column)];
  return [tenant, { column: measure.column, types: SUMMED }, ...where, { column: measure.monthOf, types: TIMED }];
}

function say({ file, quota, table, column, types, type }: Asked & { readonly type: string | null }): string {
  const found = type === null ? `${table} has no ${column}` : `${table}.${column} is of type ${type}`;
  const allowed = types.length === 0 ? "a column of the table" : `a column of type ${types.join(", ")}`;
  return `sql/tenant/${file}: quota ${quota} cannot be counted: ${found}; allowed is ${allowed}`;
}

const TYPES = `
select q.file, q.quota, q."table", q."column", q.types, format_type(a.atttypid, null) as type
from rows from (json_to_recordset($2) as (file text, quota text, "table" text, "column" text, types text[]))
  with ordinality q (file, quota, "table", "column", types, position)
left join pg_class c on c.relname = q."table" and c.relkind in ('r', 'p') and not c.relispartition
  and c.relnamespace = (select oid from pg_namespace where nspname = $1)
left join pg_attribute a on a.attrelid = c.oid and a.attname = q."column" and a.attnum > 0 and not a.attisdropped
order by q.position`;
