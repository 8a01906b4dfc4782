/** Rules as tables: a condition, and what to say where it holds. Each rule sees one case and stands alone. */
import type { Code, Finding } from "./errors";
import type { Path, YamlText } from "./yaml-text";

export interface Rule<C> {
  readonly code: Code;
  /** The key that the finding points to, below the case's own path. */
  readonly at: Path;
  /** True where the rule is broken. */
  when(subject: C): boolean;
  /** What is wrong; what is allowed; what to type. */
  say(subject: C): string;
}

/** The findings of all rules that a case breaks. `path` is the case's place in the file. */
export function breaches<C>(rules: readonly Rule<C>[], subject: C, source: YamlText, path: Path): Finding[] {
  return rules
    .filter((rule) => rule.when(subject))
    .map((rule) => source.finding(rule.code, [...path, ...rule.at], rule.say(subject)));
}
