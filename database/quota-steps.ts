/** The steps of the guard that keep quotas: triggers, and counters that are right from the first moment on. */
import { escapeIdentifier, escapeLiteral } from "pg";
import type { Step } from "./guard-steps";
import { type Protection, qualified } from "./protection";
import { isCounted } from "./quota-sources";
import { type QuotaTrigger, quotaTriggers } from "./quota-triggers";
import { renderLock, renderRecount } from "./recount";

/** For tables without rows. Run as the admin: the owner of the tables may not run the functions. */
export function freshQuotaStatements(protection: Protection): readonly string[] {
  return triggersOf(protection).map((trigger) => renderCreate(protection.schema, trigger));
}

/** What a quota counts is counted anew whenever one of its triggers was not as it should be. */
export function quotaSteps(protection: Protection): readonly Step[] {
  const { schema, rowSecurity } = protection;
  const tables = protection.tables.map(({ name }) => name);
  return protection.quotas.flatMap((quota) => {
    const triggers = quotaTriggers(quota, tables);
    if (!isCounted(quota)) return triggers.map((trigger) => step(schema, [trigger], []));
    const table = qualified(schema, quota.measure.table);
    const recount = renderRecount(quota, { schema, table, forced: rowSecurity });
    // The strongest lock first: one that grew would meet whoever reads and then writes.
    return [step(schema, triggers, recount, [renderLock(table)])];
  });
}

export const triggersOf = ({ quotas, tables }: Protection): readonly QuotaTrigger[] =>
  quotas.flatMap((quota) =>
    quotaTriggers(
      quota,
      tables.map(({ name }) => name),
    ),
  );

function step(
  schema: string,
  triggers: readonly QuotaTrigger[],
  after: readonly string[],
  before: readonly string[] = [],
): Step {
  const remake = triggers.flatMap((trigger) => [
    `drop trigger if exists ${escapeIdentifier(trigger.name)} on ${qualified(schema, trigger.table)}`,
    renderCreate(schema, trigger),
  ]);
  const wanted = triggers.map((trigger) => `(${oidOf(schema, trigger)}::oid, ${spelled(schema, trigger)})`).join(", ");
  return {
    sql: [...before, ...remake, ...after].join(";\n  "),
    unless: `not exists (select from (values ${wanted}) w (relation, definition) where not exists (
    select from pg_trigger t where t.tgrelid = w.relation and t.tgenabled = 'O' and pg_get_triggerdef(t.oid) = w.definition))`,
  };
}

function renderCreate(schema: string, { name, table, event, columns, action }: QuotaTrigger): string {
  const of = columns.length > 0 ? ` of ${columns.map(escapeIdentifier).join(", ")}` : "";
  return `create trigger ${escapeIdentifier(name)} ${event}${of} on ${qualified(schema, table)} ${action}`;
}

/** The trigger as PostgreSQL spells it back: names are quoted where they must be. */
function spelled(schema: string, trigger: QuotaTrigger): string {
  const { name, event, columns, action } = trigger;
  const of = columns.length > 0 ? ` OF ${columns.map(() => "%I").join(", ")}` : "";
  const names = [escapeLiteral(name), ...columns.map(escapeLiteral), oidOf(schema, trigger)];
  return `format(${escapeLiteral(`CREATE TRIGGER %I ${event}${of} ON %s ${action}`)}, ${names.join(", ")})`;
}

const oidOf = (schema: string, { table }: QuotaTrigger) => `${escapeLiteral(qualified(schema, table))}::regclass`;
