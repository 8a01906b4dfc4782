/** The tree of what changes, as `pulumi up` prints it; what stays the same is shown only where something changes below it. */
import pc from "picocolors";
import type { Op, StepResult } from "../deployment/step";
import { parseUrn } from "../urn";
import { renderChanges } from "./changes";
import { renderSeconds } from "./seconds";

const MARKS: Readonly<Record<Op, string>> = {
  same: " ",
  create: pc.green("+"),
  update: pc.yellow("~"),
  replace: pc.magenta("+-"),
  delete: pc.red("-"),
  discard: pc.red("-"),
  read: pc.cyan(">"),
  refresh: pc.yellow("~"),
};

const DONE: Readonly<Record<Op, string>> = {
  same: "",
  create: "created",
  update: "updated",
  replace: "replaced",
  delete: "deleted",
  discard: "old one deleted",
  read: "read",
  refresh: "drifted",
};

export interface TreeOptions {
  readonly isSimulated: (type: string) => boolean;
  /** Every property of every resource. */
  readonly full: boolean;
}

export function isNews({ op, status, changes }: StepResult): boolean {
  if (status === "failed" || status === "refused" || status === "skipped") return true;
  return op === "refresh" ? changes.length > 0 : op !== "same";
}

/** What was not begun because something else failed is one number in the summary, unless everything is asked for. */
const isShown = (result: StepResult, { full }: TreeOptions): boolean =>
  isNews(result) && (full || result.status !== "skipped");

/** Lines: a heading, then a row for each resource with the lines of its changes and failures. Empty when there is no news. */
export function renderTree(results: readonly StepResult[], options: TreeOptions): readonly string[] {
  const rows = rowsOf(results, options);
  if (rows.length === 0) return [];
  const left = (row: Row) => row.prefix + shortType(row.result.urn);
  const typeWidth = Math.max(...rows.map((row) => left(row).length), "Type".length);
  const nameWidth = Math.max(...rows.map((row) => parseUrn(row.result.urn).name.length), "Name".length);
  const heading = pc.bold(`     ${"Type".padEnd(typeWidth)}  ${"Name".padEnd(nameWidth)}  Status`);
  const lines = rows.flatMap((row) => {
    const { result } = row;
    const { name, type } = parseUrn(result.urn);
    const mark = MARKS[result.op] + " ".repeat(3 - (result.op === "replace" ? 2 : 1));
    const simulated = isNews(result) && options.isSimulated(type) ? pc.dim(" (simulated)") : "";
    const start = ` ${mark} ${left(row).padEnd(typeWidth)}  ${name.padEnd(nameWidth)}  ${statusOf(result)}${simulated}`;
    const details = [...reasonsOf(result), ...renderChanges(result, options.full)];
    return [start.trimEnd(), ...details.map((line) => `     ${row.below}    ${line}`)];
  });
  return [heading, ...lines];
}

interface Row {
  readonly result: StepResult;
  /** Branches before the type, and what continues them in the lines below. */
  readonly prefix: string;
  readonly below: string;
}

function rowsOf(results: readonly StepResult[], options: TreeOptions): readonly Row[] {
  const byUrn = new Map(results.map((result) => [result.urn, result]));
  const shown = new Set<StepResult>();
  for (const result of results) {
    if (!isShown(result, options)) continue;
    for (let next: StepResult | undefined = result; next && !shown.has(next); next = byUrn.get(next.parent))
      shown.add(next);
  }
  const children = new Map<string, StepResult[]>();
  for (const result of [...shown].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))) {
    const parent = byUrn.has(result.parent) ? result.parent : "";
    children.set(parent, [...(children.get(parent) ?? []), result]);
  }
  const visit = (result: StepResult, prefix: string, below: string): readonly Row[] => {
    const own = byUrn.get(result.urn) === result ? (children.get(result.urn) ?? []) : [];
    const rest = own.flatMap((child, index) => {
      const last = index === own.length - 1;
      return visit(child, `${below}${last ? "└─ " : "├─ "}`, `${below}${last ? "   " : "│  "}`);
    });
    return [{ result, prefix, below: `${below}${own.length > 0 ? "│  " : "   "}` }, ...rest];
  };
  return (children.get("") ?? []).flatMap((result) => visit(result, "", ""));
}

/** `aws:rds/instance:Instance` -> `aws:rds:Instance`, as Pulumi shows it. */
function shortType(urn: string): string {
  const [name = "", module = "", type] = parseUrn(urn).type.split(":");
  return type === undefined ? name : `${name}:${module.split("/")[0]}:${type}`;
}

function statusOf({ op, status, seconds }: StepResult): string {
  if (status === "failed" || status === "refused") return pc.red(`${op} ${status}`);
  if (status === "skipped") return pc.dim("skipped");
  if (status === "planned") return op === "discard" ? "delete the old one" : op;
  return `${DONE[op]}${seconds >= 0.1 ? pc.dim(` (${renderSeconds(seconds)})`) : ""}`;
}

/** Why something failed stands below the summary, where it is seen however long the tree is. */
function reasonsOf({ status, reasons, note }: StepResult): readonly string[] {
  const lines = status === "failed" || status === "refused" ? [] : reasons.flatMap((reason) => reason.split("\n"));
  return [...(note ? [note] : []), ...lines].map((line) => pc.dim(line));
}

const nameOf = ({ urn }: StepResult): string => parseUrn(urn).name;
