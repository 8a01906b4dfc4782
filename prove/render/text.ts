/** What `tenantry prove` prints for people: a line for each probe and cell, and what got through in full. */
import { createColors } from "picocolors";
import type { Attempt, Proof } from "../probe";
import { by, type Counts, countOutcomes, type Group, groupAttempts } from "./groups";
import { printable, printableLine } from "./printable";

type Colors = ReturnType<typeof createColors>;

export interface TextOptions {
  /** Shows each attempt. @default false */
  readonly verbose?: boolean;
  /** @default plain text */
  readonly colors?: Colors;
}

/** Reasons that are printed for what could not be tried, of each probe in each cell; the rest is counted. */
const REASONS = 3;
/** What got through is shown in full so many times of each probe in each cell: one open door lets hundreds of attempts in. */
const LEAKS = 10;

/** Ends without a line end. */
export function renderText(proof: Proof, { verbose = false, colors = createColors(false) }: TextOptions = {}): string {
  const groups = groupAttempts(proof.attempts);
  const width = Math.max(0, ...groups.map(({ probe }) => printableLine(probe).length));
  const places = by(groups, ({ where }) => where).flatMap(([where, inPlace]) => [
    colors.bold(printableLine(where)),
    ...inPlace.flatMap((group) => renderGroup(group, width, verbose, colors)),
    "",
  ]);
  const leaks = groups.flatMap(({ attempts }) => renderLeaks(attempts, verbose, colors));
  return [...places, ...leaks, renderTotal(proof, colors)].join("\n");
}

function renderGroup({ probe, attempts, counts }: Group, width: number, verbose: boolean, colors: Colors): string[] {
  const mark = markOf(counts, colors);
  const line = `  ${mark} ${printableLine(probe).padEnd(width)}  ${renderCounts(counts)}`;
  return [line, ...(verbose ? attempts.map((each) => renderAttempt(each, colors)) : renderReasons(attempts, colors))];
}

function markOf({ through, untried }: Counts, colors: Colors): string {
  if (through > 0) return colors.red("FAIL");
  return untried > 0 ? colors.yellow("????") : colors.green("ok  ");
}

function renderCounts({ refused, nothing, accepted, through, untried }: Counts): string {
  const words = [
    [through, "got through"],
    [refused, "refused"],
    [nothing, "answered with nothing"],
    [accepted, "accepted"],
    [untried, "not tried"],
  ] as const;
  return words
    .filter(([count]) => count > 0)
    .map(([count, word]) => `${count} ${word}`)
    .join(", ");
}

/** Why something was not tried: each reason once. */
function renderReasons(attempts: readonly Attempt[], colors: Colors): string[] {
  const untried = attempts.filter(({ outcome }) => outcome === "untried");
  const reasons = by(untried, ({ answer }) => answer).map(
    ([answer, all]) => `${all.length} x ${printableLine(answer)}`,
  );
  const more = reasons.length > REASONS ? [`and ${reasons.length - REASONS} other reasons (--verbose)`] : [];
  return [...reasons.slice(0, REASONS), ...more].map((text) => colors.dim(`         ${text}`));
}

const renderAttempt = ({ outcome, who, target, statement, answer }: Attempt, colors: Colors): string =>
  colors.dim(`       ${outcome.padEnd(7)} ${[who, target, statement, answer].map(printableLine).join(" | ")}`);

function renderLeaks(attempts: readonly Attempt[], verbose: boolean, colors: Colors): string[] {
  const leaks = attempts.filter(({ outcome }) => outcome === "through");
  const shown = verbose ? leaks : leaks.slice(0, LEAKS);
  const more = leaks.length - shown.length;
  const rest = more > 0 ? [colors.red(`and ${more} more of this probe there (--verbose, --json)`), ""] : [];
  return [...shown.flatMap((leak) => renderLeak(leak, colors)), ...rest];
}

function renderLeak({ probe, where, who, target, statement, answer }: Attempt, colors: Colors): string[] {
  return [
    colors.red(`THROUGH: ${printableLine(probe)} in ${printableLine(where)}`),
    `  who     ${printableLine(who)}`,
    `  target  ${printableLine(target)}`,
    `  typed   ${indented(statement)}`,
    `  got     ${indented(answer)}`,
    "",
  ];
}

const indented = (text: string) => printable(text).replaceAll("\n", "\n          ");

function renderTotal({ stack, attempts, durationMs }: Proof, colors: Colors): string {
  const counts = countOutcomes(attempts);
  const places = new Set(attempts.map(({ where }) => where)).size;
  const where = places === 1 ? "1 cell or layer" : `${places} cells and layers`;
  const seconds = (durationMs / 1000).toFixed(1);
  const total = `${attempts.length} attempts in ${where} of ${printableLine(stack)}, ${seconds} s: ${renderCounts(counts) || "none"}`;
  if (counts.through > 0) return colors.red(total);
  return counts.untried > 0 || attempts.length === 0 ? colors.yellow(total) : colors.green(total);
}
