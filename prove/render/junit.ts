/**
 * What `tenantry prove --junit` writes, for the reports of a CI: a suite for each cell or layer, a case for each probe. What got
 * through fails its case; a case of which anything was not tried is skipped, and never passes.
 */
import type { Attempt, Proof } from "../probe";
import { by, type Group, groupAttempts } from "./groups";
import { printable } from "./printable";

/** XML 1.0, ending with a line end. */
export function renderJunit({ stack, attempts, durationMs }: Proof): string {
  const groups = groupAttempts(attempts);
  const suites = by(groups, ({ where }) => where).flatMap(([where, inPlace]) => [
    `  <testsuite ${attributes({ name: where, ...totals(inPlace) })}>`,
    ...inPlace.flatMap(renderCase),
    "  </testsuite>",
  ]);
  const all = { name: `tenantry prove ${stack}`, ...totals(groups), time: (durationMs / 1000).toFixed(3) };
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${attributes(all)}>`,
    ...suites,
    "</testsuites>",
    "",
  ].join("\n");
}

const hasFailed = ({ counts }: Group) => counts.through > 0;
const isSkipped = (group: Group) => !hasFailed(group) && group.counts.untried > 0;

const totals = (groups: readonly Group[]) => ({
  tests: String(groups.length),
  failures: String(groups.filter(hasFailed).length),
  errors: "0",
  skipped: String(groups.filter(isSkipped).length),
});

function renderCase(group: Group): readonly string[] {
  const { where, probe, attempts } = group;
  const open = `    <testcase ${attributes({ classname: where, name: probe })}`;
  if (hasFailed(group)) {
    const leaks = attempts.filter(({ outcome }) => outcome === "through");
    const message = `${leaks.length} of ${attempts.length} attempts got through`;
    const text = leaks.map(renderLeak).join("\n\n");
    const failure = `      <failure ${attributes({ type: "through", message })}>${escapeXml(text)}</failure>`;
    return [`${open}>`, failure, "    </testcase>"];
  }
  if (!isSkipped(group)) return [`${open}/>`];
  const untried = attempts.filter(({ outcome }) => outcome === "untried");
  const reasons = by(untried, ({ answer }) => answer).map(([answer]) => answer);
  const message = `${untried.length} of ${attempts.length} attempts were not made: ${reasons.join("; ")}`;
  return [`${open}>`, `      <skipped ${attributes({ message })}/>`, "    </testcase>"];
}

const renderLeak = ({ who, target, statement, answer }: Attempt) =>
  [`who: ${who}`, `target: ${target}`, `typed: ${statement}`, `got: ${answer}`].join("\n");

const attributes = (values: Readonly<Record<string, string>>) =>
  Object.entries(values)
    .map(([name, value]) => `${name}="${escapeXml(value).replaceAll("\n", "&#10;").replaceAll("\t", "&#9;")}"`)
    .join(" ");

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
};

const escapeXml = (text: string) =>
  printable(text).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
