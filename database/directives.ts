/**
 * Directives: what a table file says about its tables beyond SQL. They stand in its first lines, each as `--! <kind>: <text>`:
 *
 *     --! quota: topics count topics
 *     --! quota: partitionsPerTopic count partitions per topic_id
 *     --! quota: messagesPerMonth sum usage_events.quantity where metric = messages per month of occurred_at
 *     --! quota: storageGb storage
 *     --! append-only: events
 *     --! sign-in: tenant_of_api_key by api_keys.key_hash where revoked_at is null gives id
 */
import { TenantryError } from "../registry/errors";
import { type DeclaredLookUp, LOOK_UP_FORM, parseLookUp } from "./look-up";

/** What a quota counts. The limit itself is a number in the registry, under the quota's name. */
type Measure =
  /** Rows of the table, in all or per value of a column. */
  | { readonly kind: "count"; readonly table: string; readonly per?: string }
  /** Sum of a column over the rows of a calendar month (UTC), in all or where another column has a value. */
  | {
      readonly kind: "sum";
      readonly table: string;
      readonly column: string;
      readonly where?: { readonly column: string; readonly value: string };
      readonly monthOf: string;
    }
  /** Size of all tables with their indexes. */
  | { readonly kind: "storage" };

export interface Quota {
  readonly name: string;
  readonly measure: Measure;
}

export interface Directives {
  readonly quotas: readonly Quota[];
  readonly appendOnly: readonly string[];
  readonly lookUps: readonly DeclaredLookUp[];
}

const WORD = "[a-z][a-z0-9_]*";
const LINE = /^--! *([a-z-]+): *(.*?) *$/;
/** Triggers are called after a quota, and PostgreSQL cuts names at 63 characters. */
const QUOTA = /^([a-z][A-Za-z0-9]{0,19}) +(.+)$/;
const COUNT = new RegExp(`^count (${WORD})(?: per (${WORD}))?$`);
const SUM = new RegExp(`^sum (${WORD})\\.(${WORD})(?: where (${WORD}) = (${WORD}))? per month of (${WORD})$`);
const TABLES = new RegExp(`^${WORD}(, *${WORD})*$`);
const KNOWN =
  "known are `--! quota: <name> <measure>`, `--! append-only: <table>, <table>` and `--! sign-in: <look-up>`";

/** Reads the directives of one file. Throws on one that it does not know, or that stands below the first line of SQL. */
export function parseDirectives(file: string, sql: string): Directives {
  const quotas: Quota[] = [];
  const appendOnly: string[] = [];
  const lookUps: DeclaredLookUp[] = [];
  let head = true;
  sql.split("\n").forEach((line, index) => {
    if (!line.startsWith("--!")) {
      head &&= line.startsWith("--") || line.trim() === "";
      return;
    }
    const where = `${file}:${index + 1}`;
    const [, kind, text = ""] = LINE.exec(line) ?? [];
    if (!head) refuse(where, line, "directives stand above the first statement");
    if (kind === "quota") quotas.push(parseQuota(where, line, text));
    else if (kind === "append-only" && TABLES.test(text)) appendOnly.push(...text.split(/, */));
    else if (kind === "sign-in") lookUps.push(parseLookUp(text) ?? refuse(where, line, LOOK_UP_FORM));
    else refuse(where, line, KNOWN);
  });
  return { quotas, appendOnly, lookUps };
}

function parseQuota(where: string, line: string, text: string): Quota {
  const [, name, rule] = QUOTA.exec(text) ?? [];
  const measure = rule === undefined ? undefined : parseMeasure(rule);
  if (name === undefined || measure === undefined) {
    refuse(
      where,
      line,
      "a quota has a name of at most 20 letters and digits and one of `count <table> [per <column>]`, " +
        "`sum <table>.<column> [where <column> = <word>] per month of <column>`, `storage`",
    );
  }
  return { name, measure };
}

function parseMeasure(rule: string): Measure | undefined {
  if (rule === "storage") return { kind: "storage" };
  const [, counted, per] = COUNT.exec(rule) ?? [];
  if (counted !== undefined) return { kind: "count", table: counted, ...(per !== undefined && { per }) };
  const [, table, column, whereColumn, value, monthOf] = SUM.exec(rule) ?? [];
  if (table === undefined || column === undefined || monthOf === undefined) return undefined;
  const where = whereColumn !== undefined && value !== undefined ? { column: whereColumn, value } : undefined;
  return { kind: "sum", table, column, ...(where && { where }), monthOf };
}

function refuse(where: string, line: string, allowed: string): never {
  throw new TenantryError("TN-332", `${where}: cannot read \`${line.trim()}\`; ${allowed}`);
}
