/** How many resources came, changed and went. */
import pc from "picocolors";
import { NOT_STARTED, type Op, type StepResult } from "../deployment/step";
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
  const skipped = results.filter(({ status }) => status === "skipped");
  const lines = failed.map(({ urn, reasons }) => pc.red(`- ${parseUrn(urn).name}: ${reasons.join("\n    ")}`));
  return skipped.length > 0 ? [...lines, pc.dim(whySkipped(failed.length > 0, skipped))] : lines;
}

/** A run that stopped at its first failure has left more than what needs that. */
function whySkipped(failed: boolean, skipped: readonly StepResult[]): string {
  if (!failed) return "What was skipped was not begun; --diff lists it.";
  return skipped.some(({ reasons }) => reasons.includes(NOT_STARTED))
    ? "What was skipped needs what failed, or was not begun after it: --continue-on-error begins it, --diff lists it."
    : "What was skipped needs what failed; --diff lists it.";
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
