/**
 * What a quota counts, as SQL over rows of its table. It runs with the rights of those who keep the counters, over tables that a
 * migrator may change. So a column is only ever compared with itself and written out, which uses code of PostgreSQL alone;
 * a cast, an operator or an aggregate would be the one that fits the column's type, and that could be the migrator's.
 */
import { escapeIdentifier, escapeLiteral } from "pg";
import type { Quota } from "./directives";

/** Quotas that are counted as rows come and go. */
export type CountedQuota = Quota & { readonly measure: { readonly kind: "count" | "sum" } };

export const isCounted = (quota: Quota): quota is CountedQuota => quota.measure.kind !== "storage";

/** The columns that decide what a row counts for. */
export function columnsOf({ measure }: CountedQuota): readonly string[] {
  if (measure.kind === "count") return ["tenant_id", ...(measure.per === undefined ? [] : [measure.per])];
  const where = measure.where === undefined ? [] : [measure.where.column];
  return ["tenant_id", measure.column, ...where, measure.monthOf];
}

/** Rows `tenant_id`, `period`, `grp`, `delta`, at most one of each of the first three. `sign`: what a row counts for. */
export function renderDeltas({ measure }: CountedQuota, from: string, sign = "1"): string {
  const written = (column: string) => `concat(c.${escapeIdentifier(column)})`;
  const tenant = `${written("tenant_id")}::uuid as tenant_id`;
  if (measure.kind === "count") {
    const per = measure.per === undefined ? undefined : escapeIdentifier(measure.per);
    return (
      `select ${tenant}, '-infinity'::date as period, ${per === undefined ? "''" : `concat(c.${per})`} as grp, ` +
      `${sign} * count(*) as delta from ${from} c group by c.tenant_id${per === undefined ? "" : `, c.${per}`}`
    );
  }
  const { column, monthOf, where } = measure;
  const month = `date_trunc('month', ${written(monthOf)}::timestamptz at time zone 'UTC')::date as period`;
  const only = where === undefined ? "" : ` and ${written(where.column)} = ${escapeLiteral(where.value)}`;
  return (
    `select ${tenant}, ${month}, '' as grp, ${sign} * sum(${written(column)}::numeric) as delta from ${from} c ` +
    `where c.${escapeIdentifier(column)} is not null and c.${escapeIdentifier(monthOf)} is not null${only} group by 1, 2`
  );
}
