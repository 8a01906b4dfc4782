/** The triggers by which quotas are kept: part of what protects a schema. */
import { escapeLiteral } from "pg";
import { CONTROL_SCHEMA } from "../registry/names";
import type { Quota } from "./directives";
import { quotaWord } from "./quota-functions";
import { columnsOf, isCounted } from "./quota-sources";

export interface QuotaTrigger {
  readonly name: string;
  readonly table: string;
  /** Spelled as PostgreSQL spells it back, like `action`. */
  readonly event: string;
  /** Only when one of these is updated; none: always. */
  readonly columns: readonly string[];
  /** What follows the table's name. */
  readonly action: string;
}

/** `tables`: all of the schema. Whoever has no room left may add to none of them. */
export function quotaTriggers(quota: Quota, tables: readonly string[]): readonly QuotaTrigger[] {
  const word = quotaWord(quota);
  if (!isCounted(quota)) {
    const run = `FOR EACH STATEMENT EXECUTE FUNCTION ${CONTROL_SCHEMA}.refuse_frozen(${escapeLiteral(quota.name)})`;
    return tables.map((table) => ({ name: word, table, event: "BEFORE INSERT OR UPDATE", columns: [], action: run }));
  }
  const { table } = quota.measure;
  const run = `EXECUTE FUNCTION ${CONTROL_SCHEMA}.${word}()`;
  const on = (what: string, event: string, action: string, columns: readonly string[] = []) => ({
    name: `${word}_${what}`,
    table,
    event,
    columns,
    action: `${action} ${run}`,
  });
  return [
    on("insert", "AFTER INSERT", "REFERENCING NEW TABLE AS changed FOR EACH STATEMENT"),
    on("delete", "AFTER DELETE", "REFERENCING OLD TABLE AS changed FOR EACH STATEMENT"),
    on("update", "AFTER UPDATE", "FOR EACH ROW", columnsOf(quota)),
  ];
}
