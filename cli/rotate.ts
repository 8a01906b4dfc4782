/** `tenantry rotate`: new passwords and keys, without a moment in which one is refused that was read in time. */
import { type Command, InvalidArgumentError, Option } from "commander";
import { type RotateOutcome, rotate } from "../database/rotate";
import type { RotateTarget } from "../database/rotate-cell";
import { KEY_NAME } from "../database/rotate-key";
import type { CellInputs } from "../provider/inputs";
import { parseDuration, renderDuration } from "../registry/units";
import { readCellOf, readCells } from "./cells";
import { openVault } from "./estate";
import { STACK_OPTION } from "./options";
import { colors, EXIT, printJson, printLine, printNote, setExit, withoutCell } from "./output";
import { SQL_DIR } from "./project";

interface RotateOptions {
  readonly stack: string;
  readonly all?: true;
  readonly cell?: string;
  /** Milliseconds. */
  readonly drain: number;
  readonly json?: true;
}

const EXAMPLES = `
Examples:
  $ npx tenantry rotate birch                 # its login, from one of its pair to the other
  $ npx tenantry rotate --cell eu-1           # the logins and the signing key of the pooled application's cell
  $ npx tenantry rotate --all --drain 30min   # every tenant with a login, and every cell

Logins of before stay open for the drain: it must be longer than the longest that an application keeps a secret.`;

/** Longer than the client keeps a secret (5 minutes), and than the operator of `show --format vso` does (10 minutes). */
const DRAIN_MS = 15 * 60_000;

export function register(program: Command): void {
  const command = program
    .command("rotate [tenant]")
    .description("give a tenant, a cell's own logins and key, or all of them new passwords, while applications work on")
    .option(...STACK_OPTION)
    .option("--all", "every tenant with a login that is active, and every cell")
    .option("--cell <cell>", "the logins and the signing key that a cell has once")
    .addOption(
      new Option(
        "--drain <duration>",
        "how long logins of before stay open, such as 90s or 30min; 0 closes them at once",
      )
        .default(DRAIN_MS, renderDuration(DRAIN_MS))
        .argParser(parseDrain),
    )
    .option("--json", "print one object")
    .addHelpText("after", EXAMPLES);
  command.action(async (slug: string | undefined, { stack, all, cell, drain, json }: RotateOptions) => {
    if ([slug, all, cell].filter((each) => each !== undefined).length !== 1) {
      command.error("error: type one of: a tenant, --cell <cell>, --all");
    }
    const cells = slug === undefined ? readCells(stack, cell) : [readCellOf(stack, slug)];
    const secrets = await openVault(stack);
    const targets = cells.map((each) => ({ ...targetOf(each, slug, all), secrets }));
    const outcome = await rotate(targets, { sqlDir: SQL_DIR, drainMs: drain, tell: printNote });
    if (json) printJson(outcome);
    else print(outcome);
    if (outcome.failures.length > 0) setExit(outcome.rotated.length > 0 ? EXIT.partial : EXIT.findings);
  });
}

function targetOf(
  { cell, connection }: CellInputs,
  slug: string | undefined,
  all: true | undefined,
): Omit<RotateTarget, "secrets"> {
  if (slug !== undefined) return { cell, connection, tenants: [slug], shared: false };
  return { cell, connection, tenants: all ? "all" : [], shared: true };
}

function parseDrain(text: string): number {
  const ms = text === "0" ? 0 : parseDuration(text);
  if (ms === undefined) throw new InvalidArgumentError("allowed is 0, or a time such as 90s or 30min.");
  return ms;
}

function print({ rotated, failures }: RotateOutcome): void {
  for (const { cell, name, from, to, sessionsEnded } of rotated) {
    const ended = sessionsEnded === 0 ? "" : `; ${sessionsEnded} of its sessions were still open and were ended`;
    const before = name === KEY_NAME ? `${from} ends by itself` : `${from} is closed${ended}`;
    printLine(`cell ${cell}: ${name}: ${to} is in use; ${before}`);
  }
  for (const { cell, subject, reason } of failures) {
    printNote(
      colors.red(`error: cell ${cell}: ${subject === "cell" ? "" : `${subject}: `}${withoutCell(cell, reason)}`),
    );
  }
}
