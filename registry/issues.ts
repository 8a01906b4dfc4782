/** What zod found, in the registry's words and at its place in the file. */
import type { z } from "zod";
import type { Finding } from "./errors";
import { didYouMean } from "./nearest";
import { quote } from "./quote";
import { type Path, valueAt, type YamlText } from "./yaml-text";

type Issue = z.core.$ZodIssue;

export const issueFindings = (source: YamlText, issues: readonly Issue[]): Finding[] =>
  issues.flatMap((issue) => issueFinding(source, issue));

function issueFinding(source: YamlText, issue: Issue): Finding | Finding[] {
  const path = issue.path.map((key) => (typeof key === "symbol" ? String(key) : key));
  if (issue.code !== "unrecognized_keys") return wrongValue(source, path, issue.message);
  return issue.keys.map((key) => unknownKey(source, path, key, issue.message));
}

/** `known` is the list that the definition gives: `tier, workMem, ...`. */
function unknownKey(source: YamlText, path: Path, key: string, known: string): Finding {
  const hint = didYouMean(key, known.split(", "));
  if (path.at(-1) === "quotas") {
    const allowed = known === "" ? "no table file declares one" : `declared are ${known}`;
    const next = "remove it, or declare it in its table file: --! quota: <name> count <table>";
    return source.finding("TN-109", [...path, key], `${quote(key)} is no quota${hint}; ${allowed}; ${next}`);
  }
  return source.finding(
    "TN-103",
    [...path, key],
    `${quote(key)} is no key here${hint}; known are ${known}; remove or rename it`,
  );
}

function wrongValue(source: YamlText, path: Path, allowed: string): Finding {
  const key = path.at(-1);
  const parent = valueAt(source.value, path.slice(0, -1));
  const missing = typeof parent === "object" && parent !== null && key !== undefined && !Object.hasOwn(parent, key);
  if (missing) return source.finding("TN-110", path, `${key} is missing; ${allowed}`);
  return source.finding("TN-104", path, `got ${quote(valueAt(source.value, path))}; ${allowed}`, "value");
}
