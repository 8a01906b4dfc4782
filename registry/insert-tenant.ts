/** Adds one tenant's line to the text of a stack's file and leaves every other character as it is. */
import { isMap, isScalar, type ParsedNode, parseDocument, type YAMLMap } from "yaml";
import { TenantryError } from "./errors";

export interface Inserted {
  readonly text: string;
  /** The new line, without its indentation. */
  readonly line: string;
}

export type TenantWords = readonly (readonly [key: string, value: string])[];

/**
 * The line comes after the last tenant, aligned as most are. `text` is a file that `checkRegistry` accepts.
 * @throws TenantryError TN-102 where the tenants are all written within one pair of braces.
 */
export function insertTenant(text: string, slug: string, words: TenantWords): Inserted {
  const tenants = tenantsOf(text);
  const eol = text.includes("\r\n") ? "\r\n" : "\n";
  const last = tenants.items.at(-1);
  if (last === undefined) {
    const line = renderLine(slug, words);
    const [start, end] = tenants.range;
    return { line, text: `${text.slice(0, start).trimEnd()}${eol}  ${line}${text.slice(end)}` };
  }
  if (tenants.flow) {
    throw new TenantryError(
      "TN-102",
      "the tenants are written in one pair of braces, where a line cannot be added; write each on a line of its own below `tenants:`",
    );
  }
  const start = lineStart(text, last.key.range[0]);
  const indent = text.slice(start, last.key.range[0]);
  const line = renderLine(slug, words, usualColumns(tenants.items));
  const end = lineEnd(text, contentEnd(text, last));
  return { line, text: `${text.slice(0, end)}${eol}${indent}${line}${text.slice(end)}` };
}

type Tenants = YAMLMap.Parsed<ParsedNode, ParsedNode | null>;
type Entry = Tenants["items"][number];

function tenantsOf(text: string): Tenants {
  const { contents } = parseDocument(text, { uniqueKeys: false });
  const pair = isMap(contents) ? contents.items.find(({ key }) => isScalar(key) && key.value === "tenants") : undefined;
  if (!isMap(pair?.value)) throw new Error("the file has no tenants: it was not checked");
  return pair.value;
}

/** Where the value, and its second key, begin in a tenant's line, counted from its slug. */
interface Columns {
  readonly value: number;
  readonly second: number;
}

/** What most tenants do: one long slug does not push everybody after it aside. */
function usualColumns(entries: readonly Entry[]): Columns {
  const columns = entries.flatMap(columnsOf);
  return {
    value: mostCommon(columns.map(({ value }) => value)),
    second: mostCommon(columns.map(({ second }) => second)),
  };
}

function columnsOf({ key, value }: Entry): Columns[] {
  if (!isMap(value) || !value.flow) return [];
  const start = key.range[0];
  const second = value.items[1]?.key.range?.[0] ?? start;
  return [{ value: value.range[0] - start, second: second - start }];
}

/** The later one where several are as common; 0 of none. */
function mostCommon(numbers: readonly number[]): number {
  const counts = new Map<number, number>();
  let best = 0;
  for (const number of numbers) {
    const count = (counts.get(number) ?? 0) + 1;
    counts.set(number, count);
    if (count >= (counts.get(best) ?? 0)) best = number;
  }
  return best;
}

function renderLine(slug: string, words: TenantWords, columns: Columns = { value: 0, second: 0 }): string {
  const [first, ...rest] = words.map(([key, value]) => `${key}: ${plain(value)}`);
  const head = `${`${slug}: `.padEnd(columns.value)}{ ${first}`;
  return rest.length === 0 ? `${head} }` : `${`${head}, `.padEnd(columns.second)}${rest.join(", ")} }`;
}

/** Quoted where YAML could read it as something else than text; the check then judges it as it is. */
const plain = (value: string) => (/^[a-z][a-z0-9-]*$/.test(value) ? value : JSON.stringify(value));

/** After the last character of the tenant that is no white space. */
function contentEnd(text: string, { key, value }: Entry): number {
  const [, end] = (value ?? key).range;
  return text.slice(0, end).trimEnd().length;
}

const lineStart = (text: string, offset: number) => text.lastIndexOf("\n", offset - 1) + 1;

/** The end of the line without its line break, so that a remark behind the tenant stays with it. */
function lineEnd(text: string, offset: number): number {
  const end = text.indexOf("\n", offset);
  if (end < 0) return text.length;
  return text[end - 1] === "\r" ? end - 1 : end;
}
