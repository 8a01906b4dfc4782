/** Counters made what the rows say: for rows that came before the triggers, and for triggers that were away. */
import { escapeLiteral } from "pg";
import { type CountedQuota, renderDeltas } from "./quota-sources";

export interface Counted {
  readonly schema: string;
  /** The table, qualified and quoted. */
  readonly table: string;
  /** True where row security is forced on the owner: it is lifted while rows are counted, in the same transaction. */
  readonly forced: boolean;
}

/** Nobody writes until the end of the transaction, so that a count is exact. */
export const renderLock = (table: string): string => `lock table ${table} in access exclusive mode`;

/**
 * PL/pgSQL statements, run as the admin, after `renderLock`. A plan for the table may run functions of its indexes; if one is a migrator's, nothing is counted.
 */
export function renderRecount(quota: CountedQuota, { schema, table, forced }: Counted): readonly string[] {
  const [place, name] = [escapeLiteral(schema), escapeLiteral(quota.name)];
  const force = (how: string) => (forced ? [`alter table ${table} ${how} row level security`] : []);
  return [
    assertOwnCode(table),
    ...force("no force"),
    `delete from tenantry.usage where schema_name = ${place} and quota = ${name}`,
    `insert into tenantry.usage (schema_name, tenant_id, quota, period, grp, used)
  select ${place}, tenant_id, ${name}, period, grp, delta from (${renderDeltas(quota, table)}) d where delta <> 0`,
    ...force("force"),
  ];
}

const assertOwnCode = (table: string) => `if exists (
    with recursive parts as (
      select ${escapeLiteral(table)}::regclass::oid as oid
      union
      select inhrelid from pg_inherits join parts on inhparent = parts.oid
    )
    select from parts join pg_index x on x.indrelid = parts.oid join pg_depend d on d.classid = 'pg_class'::regclass
      and d.objid = x.indexrelid and d.refclassid in ('pg_proc'::regclass, 'pg_operator'::regclass)
    union all
    select from parts join pg_statistic_ext e on e.stxrelid = parts.oid join pg_depend d on d.classid = 'pg_statistic_ext'::regclass
      and d.objid = e.oid and d.refclassid in ('pg_proc'::regclass, 'pg_operator'::regclass)
    union all
    select from parts join pg_depend d on d.classid = 'pg_class'::regclass and d.objid = parts.oid and d.objsubid = 0
      and d.refclassid in ('pg_proc'::regclass, 'pg_operator'::regclass)
  ) then
    raise insufficient_privilege using message = format(
      'rows of %s are not counted: an index, statistics or partitions of it use a function that is not PostgreSQL''s', ${escapeLiteral(table)}::regclass);
  end if`;
