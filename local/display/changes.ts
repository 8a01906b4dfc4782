/** What changes in a resource, one line for each property, and one line for each tenant, plan and SQL file of a cell. */
import pc from "picocolors";
import type { Change } from "../deployment/changes";
import type { StepResult } from "../deployment/step";
import { parseUrn } from "../urn";
import { isRecord, isSecret } from "../wire";
import { renderValue } from "./values";

/** Maps of lines: each member is shown under its own name. */
const LINES: Readonly<Record<string, readonly string[]>> = {
  "tenantry:index:CellTenants": ["tenants", "plans", "sql"],
  "tenantry:index:Roster": ["servers"],
};
/** Of a new resource only these are shown. */
const LINES_OF_NEW: Readonly<Record<string, readonly string[]>> = { "tenantry:index:CellTenants": ["tenants"] };
/** What is that of other resources once more. */
const ECHOES: Readonly<Record<string, readonly string[]>> = { "tenantry:index:Roster": ["tenants"] };
const MOST_LINES = 60;
/** Of a changed document, or of both texts of a changed line; longer ones are shown with what differs alone. */
const LONG_LINES = 120;
/** What is shown of a long text before that in which it differs, in characters. */
const BEFORE_DIFFERENCE = 20;

const MARKS = { add: pc.green("+"), delete: pc.red("-"), update: pc.yellow("~") } as const;

/** `full` shows every property of every resource, uncut. */
export function renderChanges(result: StepResult, full: boolean): readonly string[] {
  const { type } = parseUrn(result.urn);
  const changes = result.changes.flatMap((change) => spread(change, LINES[type] ?? []));
  const lines = changes
    .filter((change) => full || isShown(result, type, change))
    .map((change) => renderChange(change, type, full));
  if (full || lines.length <= MOST_LINES) return lines;
  return [...lines.slice(0, MOST_LINES), pc.dim(`... and ${lines.length - MOST_LINES} more (--diff shows all)`)];
}

function isShown({ op, changes }: StepResult, type: string, { path: [property = ""] }: Change): boolean {
  if (changes.length === 0 || ECHOES[type]?.includes(property)) return false;
  return op !== "create" || (LINES_OF_NEW[type] ?? []).includes(property);
}

/** A map of lines that comes or goes as a whole is shown line by line. */
function spread(change: Change, maps: readonly string[]): readonly Change[] {
  const { path, kind } = change;
  const value = kind === "add" ? change.new : change.old;
  if (path.length !== 1 || kind === "update" || !maps.includes(path[0] ?? "") || !isRecord(value) || isSecret(value))
    return [change];
  return Object.entries(value).map(([key, line]) => ({
    path: [...path, key],
    kind,
    [kind === "add" ? "new" : "old"]: line,
  }));
}

function renderChange({ path, kind, old, new: value }: Change, type: string, full: boolean): string {
  const isLine = path.length === 2 && (LINES[type] ?? []).includes(path[0] ?? "");
  const name = isLine ? path[1] : path.join(".");
  const cut = isLine ? shortened : fromDifference;
  const [before, after] = kind === "update" && !full ? cut(old, value) : [old, value];
  const was = renderValue(before, full || isLine);
  const is = renderValue(after, full || isLine);
  return `${MARKS[kind]} ${name}: ${{ add: is, delete: was, update: `${was} => ${is}` }[kind]}`;
}

/** Without the words that both begin and end with, but for the first. */
function shortened(old: unknown, value: unknown): readonly [unknown, unknown] {
  if (typeof old !== "string" || typeof value !== "string" || old.length + value.length <= LONG_LINES)
    return [old, value];
  const [was, is] = [old.split(" "), value.split(" ")];
  const shortest = Math.min(was.length, is.length);
  const start = countWhile(shortest, (at) => was[at] === is[at]);
  const end = countWhile(shortest - start, (at) => was.at(-1 - at) === is.at(-1 - at));
  const middle = (words: readonly string[]) => [
    ...words.slice(0, Math.min(start, 1)),
    ...(start > 1 ? ["..."] : []),
    ...words.slice(start, words.length - end),
    ...(end > 0 ? ["..."] : []),
  ];
  return [middle(was).join(" "), middle(is).join(" ")];
}

/** Long texts, such as documents in JSON, without most of what both begin with. */
function fromDifference(old: unknown, value: unknown): readonly [unknown, unknown] {
  if (typeof old !== "string" || typeof value !== "string") return [old, value];
  if (Math.max(old.length, value.length) <= LONG_LINES) return [old, value];
  const same = countWhile(Math.min(old.length, value.length), (at) => old[at] === value[at]);
  const start = same - BEFORE_DIFFERENCE;
  return start <= 0 ? [old, value] : [`...${old.slice(start)}`, `...${value.slice(start)}`];
}

/** How many of the numbers from 0 hold, up to the first that does not. */
function countWhile(limit: number, holds: (at: number) => boolean): number {
  let count = 0;
  while (count < limit && holds(count)) count += 1;
  return count;
}
