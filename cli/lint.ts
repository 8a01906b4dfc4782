/** `tenantry lint`: what is wrong in the live cells of a stack, or in the table files on an empty database. */
import { type Command, Option } from "commander";
import type { LintFinding } from "../database/lint";
import { printableLine } from "../prove/render/printable";
import { type LintedCell, lintEstate } from "./lint-estate";
import { lintTables, type TableFinding } from "./lint-tables";
import { STACK_OPTION } from "./options";
import { colors, EXIT, printJson, printLine, setExit } from "./output";

interface Flags {
  readonly stack: string;
  readonly cell?: string;
  readonly tables?: boolean;
  readonly strict?: boolean;
  readonly json?: boolean;
}

/** Places of one lint that are printed; `--json` tells all. */
const SHOWN = 5;

export function register(program: Command): void {
  program
    .command("lint")
    .description("look for what is wrong in the databases of the cells; changes nothing")
    .option(...STACK_OPTION)
    .addOption(new Option("--cell <cell>", "this cell alone").conflicts("tables"))
    .option("--tables", "look at the files of sql/tenant instead, applied to an empty database of a moment")
    .option("--strict", "warnings count as errors")
    .option("--json", "print all findings as JSON")
    .addHelpText("after", "\nExamples:\n  $ npx tenantry lint --stack prod --strict\n  $ npx tenantry lint --tables")
    .action(async (flags: Flags) => {
      if (flags.tables) await lintFiles(flags);
      else await lintCells(flags);
    });
}

async function lintCells({ stack, cell, strict, json }: Flags): Promise<void> {
  const cells = await lintEstate(stack, cell);
  if (json) printJson(cells);
  else for (const linted of cells) printCell(linted);
  const unseen = cells.some(({ failure }) => failure !== undefined);
  const bad = cells.some(({ findings }) => findings.some((finding) => counts(finding, strict)));
  setExit(unseen ? EXIT.partial : bad ? EXIT.findings : EXIT.ok);
}

async function lintFiles({ stack, strict, json }: Flags): Promise<void> {
  const linted = await lintTables(stack);
  const { findings, failures } = linted;
  if (json) printJson(linted);
  else {
    for (const failure of failures) printLine(colors.red(`sql/tenant: ${failure}`));
    // Of files that were not applied, no finding says nothing.
    if (failures.length === 0 || findings.length > 0) printFindings("sql/tenant", findings);
  }
  const bad = failures.length > 0 || findings.some((finding) => counts(finding, strict));
  setExit(bad ? EXIT.findings : EXIT.ok);
}

const counts = ({ severity }: LintFinding, strict = false) => strict || severity === "error";

function printCell({ cell, findings, failure }: LintedCell): void {
  if (failure === undefined) printFindings(cell, findings);
  else printLine(colors.red(failure));
}

/** By lint, in the order of the lints. */
function printFindings(where: string, findings: readonly TableFinding[]): void {
  printLine(colors.bold(findings.length === 0 ? `${where}: nothing found` : `${where}:`));
  for (const lint of new Set(findings.map((finding) => finding.lint))) {
    printLint(findings.filter((finding) => finding.lint === lint));
  }
}

function printLint(findings: readonly TableFinding[]): void {
  const [first] = findings;
  if (first === undefined) return;
  const { severity, lint, fix } = first;
  printLine(`  ${(severity === "error" ? colors.red : colors.yellow)(severity)} ${colors.bold(lint)}`);
  for (const finding of findings.slice(0, SHOWN)) printLine(`    ${renderFinding(finding)}`);
  if (findings.length > SHOWN) printLine(`    and ${findings.length - SHOWN} more, which --json tells`);
  printLine(colors.dim(`    fix: ${fix}`));
}

/** On one line, without what a name could do to a terminal. */
export const renderFinding = ({ place, object, detail }: Pick<TableFinding, "place" | "object" | "detail">): string =>
  printableLine(`${place === undefined ? "" : `${place} `}${object}: ${detail}`);
