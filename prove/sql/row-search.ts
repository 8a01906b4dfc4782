/**
 * A row that a table accepts, found by the database itself: values are tried for every column that must have one or that a check
 * looks at, until all checks hold. Rows that are referred to are the tenant's own. Pure.
 */
import { escapeIdentifier, escapeLiteral } from "pg";
import { qualified } from "../../database/protection";
import type { Check, Column, Reference, TableShape } from "./table-shapes";

/** What something in most types, and under most checks, looks like. */
const WORDS: readonly string[] = [
  "probe",
  "1",
  "0",
  "2",
  "100",
  "-1",
  "probe@example.com",
  "https://example.com/probe",
  "+4915100000000",
  "EUR",
  "DE",
  "en",
  "P",
  "PROBE",
  "a1",
  "abcdefghijkl",
  "00000000-0000-4000-8000-000000000001",
  "2026-01-01T00:00:00Z",
  "2026-02-01T00:00:00Z",
  "10:00:00",
  "1 day",
  "true",
  "false",
  "{}",
  "[]",
  '{"probe": 1}',
  "127.0.0.1",
  "10.0.0.0/8",
  "08:00:2b:01:02:03",
  "(0,0)",
  "((0,0),(1,1))",
  "<(0,0),1>",
  "empty",
  "[1,2)",
  "[2026-01-01,2026-02-01)",
  "<probe/>",
  "",
  ...[1, 16, 20, 32, 48, 64].map((bytes) => `\\x${"5a".repeat(bytes)}`),
  ...[2, 8, 16, 24, 40, 64].map((letters) => "a".repeat(letters)),
];

/** The same, but nobody else's: what is looked for by value finds this tenant alone. */
const ownWords = (drawn: string): readonly string[] => [
  `probe-${drawn.slice(0, 8)}`,
  `probe-${drawn.slice(0, 8)}@example.com`,
  ...[16, 20, 32, 48, 64].map((bytes) => `\\x${drawn.slice(0, 2 * bytes)}`),
  ...[32, 40, 64].map((letters) => drawn.slice(0, letters)),
];

const TENANT = "tenant_id";

/**
 * Inserts one row of the tenant, and gives its values as text in the order of `writableColumns`. `drawn`: 128 hexadecimal digits,
 * of which values are made where the table lets them.
 */
export function renderRow(table: TableShape, tenantId: string, drawn: string): string {
  const columns = rowColumns(table);
  const names = columns.map(({ name }) => escapeIdentifier(name)).join(", ");
  const { sources, conditions } = search(table, columns, tenantId, drawn);
  const where = conditions.length > 0 ? `\nwhere ${conditions.join("\n  and ")}` : "";
  const given = writableColumns(table).map(({ name }) => `t.${escapeIdentifier(name)}::text`);
  return `insert into ${qualified(table.schema, table.name)} as t (${names})
select ${names} from ${sources.join(",\n  ")}${where}
limit 1
returning ${given.join(", ")}`;
}

/** Those that a row can be written with. */
export const writableColumns = ({ columns }: TableShape): readonly Column[] => columns.filter(({ made }) => !made);

const isRequired = (column: Column) => column.notNull && column.default === null && !column.made;

/** What is left to its default matters to nobody. */
function rowColumns(table: TableShape): readonly Column[] {
  const looked = new Set(soundChecks(table).flatMap(({ columns }) => columns));
  return writableColumns(table).filter(
    (column) => column.name === TENANT || isRequired(column) || looked.has(column.name),
  );
}

/** Checks of what can be chosen. */
const soundChecks = ({ checks, columns }: TableShape): readonly Check[] => {
  const made = new Set(columns.filter((column) => column.made).map(({ name }) => name));
  return checks.filter((check) => !check.columns.some((name) => made.has(name)));
};

function search(table: TableShape, columns: readonly Column[], tenantId: string, drawn: string) {
  const id = escapeLiteral(tenantId);
  const sources = [`(select ${id}::uuid as ${TENANT}) own`];
  const conditions: string[] = [];
  const chosen = new Set([TENANT]);
  const required = new Set(columns.filter(isRequired).map(({ name }) => name));
  for (const [at, reference] of table.references.entries()) {
    const refers = reference.columns.some((name) => name !== TENANT && required.has(name));
    if (!refers || reference.table === qualifiedText(table)) continue;
    sources.push(parentRow(reference, chosen, `parent_${at}`, conditions));
  }
  const words = [...new Set([...ownWords(drawn), ...soundChecks(table).flatMap(wordsOf), ...WORDS])];
  for (const column of columns) {
    if (!chosen.has(column.name)) sources.push(`${values(column, words)} as ${escapeIdentifier(`of ${column.name}`)}`);
  }
  return { sources, conditions: [...conditions, ...soundChecks(table).map(({ text }) => `(${text})`)] };
}

/** As `regclass` prints it. */
const qualifiedText = ({ schema, name }: TableShape) => [schema, name].map(plainOrQuoted).join(".");
const plainOrQuoted = (name: string) => (/^[a-z_][a-z0-9_]*$/.test(name) ? name : escapeIdentifier(name));

/** A column that two references share must be the same in both rows. */
function parentRow(reference: Reference, chosen: Set<string>, alias: string, conditions: string[]): string {
  const picked = reference.columns.map((name, at) => {
    const other = escapeIdentifier(reference.others[at] ?? name);
    if (!chosen.has(name)) {
      chosen.add(name);
      return `${other} as ${escapeIdentifier(name)}`;
    }
    const twin = escapeIdentifier(`${alias} ${name}`);
    conditions.push(`${escapeIdentifier(name)} = ${twin}`);
    return `${other} as ${twin}`;
  });
  return `(select ${picked.join(", ")} from ${reference.table} offset 0) as ${alias}`;
}

/** `offset 0` keeps the planner from casting what is no value of the type. */
function values({ name, type, default: initial, notNull, labels }: Column, words: readonly string[]): string {
  const column = escapeIdentifier(name);
  const list = (labels.length > 0 ? labels : words).map(escapeLiteral).join(", ");
  const first = initial ?? (notNull ? undefined : "null");
  const usual = first === undefined ? "" : `select (${first})::${type} as ${column} union all `;
  return `(${usual}select word::${type} as ${column} from (
    select word from unnest(array[${list}]) word where pg_input_is_valid(word, ${escapeLiteral(type)}) offset 0) fit)`;
}

/** Words and numbers that a check names, and the numbers beside them. */
function wordsOf({ text }: Check): readonly string[] {
  const quoted = [...text.matchAll(/'((?:[^']|'')*)'/g)].map(([, word = ""]) => word.replaceAll("''", "'"));
  const numbers = [...text.matchAll(/(?<![\w.])\d{1,9}(?![\w.])/g)].flatMap(([digits]) => [
    digits,
    String(Number(digits) + 1),
    String(Number(digits) - 1),
  ]);
  return [...quoted, ...numbers];
}
