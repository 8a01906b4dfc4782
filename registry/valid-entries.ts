/** Checks a file against its definition entry by entry, so that one broken plan or tenant does not hide the others. */
import type { z } from "zod";
import type { Finding } from "./errors";
import { issueFindings } from "./issues";
import { quote } from "./quote";
import { NAMES } from "./written";
import type { YamlText } from "./yaml-text";

export interface ValidEntries<T> {
  readonly findings: readonly Finding[];
  /** The file without its broken entries; undefined where nothing of it can be used. */
  readonly value?: T;
}

export function validEntries<T>(source: YamlText, definition: z.ZodType<T>): ValidEntries<T> {
  // The text's own findings say why there is no value.
  if (source.value === undefined) return { findings: [] };
  const badNames = badNamesIn(source.value);
  const first = definition.safeParse(source.value);
  if (first.success && badNames.length === 0) return { findings: [], value: first.data };

  const issues = first.error?.issues ?? [];
  // What YAML itself could not read has been told, and would be told again as a value that is missing.
  const told = new Set(source.findings.map(({ path }) => path));
  const findings = [
    ...badNames.map((name) => nameFinding(source, name)),
    ...issueFindings(source, issues).filter(({ path }) => !told.has(path)),
  ];
  const broken = new Set([
    ...badNames.map(({ section, name }) => `${section}.${name}`),
    ...issues.flatMap(brokenEntries),
  ]);
  const rest = definition.safeParse(without(source.value, broken));
  return rest.success ? { findings, value: rest.data } : { findings };
}

interface BadName {
  readonly section: keyof typeof NAMES;
  readonly name: string;
}

const SECTIONS = ["plans", "cells", "tenants"] as const satisfies readonly (keyof typeof NAMES)[];

const badNamesIn = (value: unknown): BadName[] =>
  SECTIONS.flatMap((section) =>
    entriesOf(entriesOf(value).find(([key]) => key === section)?.[1])
      .filter(([name]) => !NAMES[section].pattern.test(name))
      .map(([name]) => ({ section, name })),
  );

const nameFinding = (source: YamlText, { section, name }: BadName) =>
  source.finding("TN-106", [section, name], `${quote(name)} is no name here; ${NAMES[section].error}`);

/** A key of the file, or a plan, cell or tenant as `tenants.acme`. */
function brokenEntries(issue: z.core.$ZodIssue): string[] {
  if (issue.path.length > 0) return [issue.path.slice(0, 2).map(String).join(".")];
  return issue.code === "unrecognized_keys" ? issue.keys : [];
}

function without(value: unknown, broken: ReadonlySet<string>): unknown {
  const kept = (entries: readonly [string, unknown][], path: string) =>
    entries.filter(([key]) => !broken.has(`${path}${key}`));
  return Object.fromEntries(
    kept(entriesOf(value), "").map(([section, entries]) => [
      section,
      isMapping(entries) ? Object.fromEntries(kept(entriesOf(entries), `${section}.`)) : entries,
    ]),
  );
}

const entriesOf = (value: unknown): [string, unknown][] => (isMapping(value) ? Object.entries(value) : []);

const isMapping = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value);
