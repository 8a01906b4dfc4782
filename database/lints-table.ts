/** The lints as a table for docs/lints.md, so that the page cannot say anything else than the files. */
import type { Lint } from "./lints";

const START = "<!-- lints: written by `npm run lints:docs` -->";
const END = "<!-- end of lints -->";

/** Markdown, one row a lint. */
export function renderLintsTable(lints: readonly Lint[]): string {
  const rows = lints.map(({ name, severity, holds, fix }) =>
    [`\`${name}\``, severity, holds, fix].map(cell).join(" | "),
  );
  return [
    "| Lint | Severity | What must be true | What to do |",
    "|---|---|---|---|",
    ...rows.map((row) => `| ${row} |`),
  ].join("\n");
}

/** The page with the table between its two marks. @throws Error for a page without them. */
export function withLints(page: string, table: string): string {
  const [before, rest] = page.split(START);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) throw new Error(`the page needs the lines ${START} and ${END}`);
  return `${before}${START}\n${table}\n${END}${after}`;
}

const cell = (text: string) => text.replaceAll("|", "\\|").replaceAll("<", "&lt;");
