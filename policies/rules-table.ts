/** The rules as a table for docs/policies.md, so that the page cannot say anything else than the rules. */
import { RULES } from "./rules";

const START = "<!-- rules: written by `npm run policies:docs` -->";
const END = "<!-- end of rules -->";

/** Markdown, one row a rule. */
export function renderRules(): string {
  const rows = RULES.map((rule) => {
    const { name, description, remediationSteps = "", severity = "" } = rule;
    const judges = "validateStack" in rule ? "stack" : "resource";
    return [`\`${name}\``, severity, judges, description, remediationSteps].map(cell).join(" | ");
  });
  return [
    "| Rule | Severity | Judges the | What must be true | What to do |",
    "|---|---|---|---|---|",
    ...rows.map((row) => `| ${row} |`),
  ].join("\n");
}

/** The page with the table between its two marks. @throws Error for a page without them. */
export function withRules(page: string, table: string): string {
  const [before, rest] = page.split(START);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) throw new Error(`the page needs the lines ${START} and ${END}`);
  return `${before}${START}\n${table}\n${END}${after}`;
}

const cell = (text: string) => text.replaceAll("|", "\\|");
