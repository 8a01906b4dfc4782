/** Checks a file against its definition entry by entry, so that one broken plan or tenant does not hide the others. */
import type { z } from "zod";
import type { Finding } from "./errors";
import { issueFindings } from "./issues";
import type { YamlText } from "./yaml-text";

export interface ValidEntries<T> {
  readonly findings: readonly Finding[];
  /** The file without its broken entries; undefined where nothing of it can be used. */
  readonly value?: T;
}

export function validEntries<T>(source: YamlText, definition: z.ZodType<T>): ValidEntries<T> {
  // The text's own findings say why there is no value.
  if (source.value === undefined) return { findings: [] };
  const first = definition.safeParse(source.value);
  if (first.success) return { findings: [], value: first.data };
  const findings = issueFindings(source, first.error.issues);
  const rest = definition.safeParse(without(source.value, first.error.issues));
  return rest.success ? { findings, value: rest.data } : { findings };
}

/** A copy that lacks the entry of each issue: a key of the file, or a plan, cell or tenant. */
function without(value: unknown, issues: readonly z.core.$ZodIssue[]): unknown {
  const broken = new Set<string>();
  for (const issue of issues) {
    const unknown = issue.code === "unrecognized_keys" && issue.path.length === 0 ? issue.keys : [];
    for (const key of unknown) broken.add(key);
    if (issue.path.length > 0) broken.add(issue.path.slice(0, 2).map(String).join("."));
  }
  return mapEntries(value, (key, section) =>
    broken.has(key)
      ? undefined
      : mapEntries(section, (name, entry) => (broken.has(`${key}.${name}`) ? undefined : entry)),
  );
}

/** Entries for which `keep` gives undefined are left out. What is no mapping stays as it is. */
function mapEntries(value: unknown, keep: (key: string, entry: unknown) => unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const kept = Object.entries(value).map(([key, entry]) => [key, keep(key, entry)] as const);
  return Object.fromEntries(kept.filter(([, entry]) => entry !== undefined));
}
