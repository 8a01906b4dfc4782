/** How many resources came, changed and went. */
import pc from "picocolors";
import type { Op, StepResult } from "../deployment/step";
import { parseUrn } from "../urn";
import { renderSeconds } from "./seconds";
import { isNews } from "./tree";

type Outcome = Op | "failed" | "refused" | "skipped";
type Counts = Readonly<Partial<Record<Outcome, number>>>;

/** Of each resource once; the old half of a replacement is not counted. */
export function countSteps(results: readonly StepResult[]): Counts {
  const counts: Partial<Record<Outcome, number>> = {};
  for (const result of results) {
    const { status, op } = result;
    const settled = op === "refresh" && !isNews(result) ? "same" : op;
    const key = status === "planned" || status === "done" ? settled : status;
    if (key !== "discard") counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
}

const WORDS: readonly (readonly [Outcome, string, string])[] = [
  ["create", "+", "created"],
  ["update", "~", "updated"],
  ["replace", "+-", "replaced"],
  ["delete", "-", "deleted"],
  ["read", ">", "read"],
  ["refresh", "~", "drifted"],
  ["failed", "", "failed"],
  ["refused", "", "refused"],
  ["skipped", "", "skipped"],
  ["same", "", "unchanged"],
];

/** What failed and why: `- roster: what is wrong`. */
export function renderFailures(results: readonly StepResult[]): readonly string[] {
  const failed = results.filter(({ status }) => status === "failed" || status === "refused");
  const skipped = results.some(({ status }) => status === "skipped");
  const lines = failed.map(({ urn, reasons }) => pc.red(`- ${parseUrn(urn).name}: ${reasons.join("\n    ")}`));
  const why = failed.length > 0 ? "needs what failed" : "was not begun";
  return skipped ? [...lines, pc.dim(`What was skipped ${why}; --diff lists it.`)] : lines;
}

/** `Resources: + 12 created, 40 unchanged. Duration: 35 s`; in a preview `+ 12 to create`. */
export function renderSummary(results: readonly StepResult[], preview: boolean, seconds: number): string {
  const counts = countSteps(results);
  const planned = preview ? (word: string) => `to ${word.replace(/d$/, "")}` : (word: string) => word;
  const parts = WORDS.flatMap(([key, mark, word]) => {
    const count = counts[key];
    const isOp = !["failed", "refused", "skipped", "same"].includes(key);
    return count ? [[mark, count, isOp ? planned(word) : word].filter((part) => part !== "").join(" ")] : [];
  });
  const what = results.some(isNews) ? parts.join(", ") : `nothing changes, ${parts.join(", ") || "nothing is there"}`;
  return `${pc.bold("Resources:")} ${what}. ${pc.bold("Duration:")} ${renderSeconds(seconds)}`;
}
