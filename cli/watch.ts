/** `tenantry watch`: ends statements, transactions and sessions that exceed their tenant's plan. */
import type { Command } from "commander";
import type { Action } from "../database/watch";
import { withInterrupts } from "../local/verbs/interrupts";
import { parseDuration, renderDuration } from "../registry/units";
import { readCells } from "./cells";
import { vaultReader } from "./estate";
import { type Measuring, measureCells } from "./measure-cells";
import { STACK_OPTION } from "./options";
import { colors, EXIT, printJson, printLine, printNote, setExit, withoutCell } from "./output";
import { SQL_DIR } from "./project";
import { type Watching, watchCells, watchCellsOnce } from "./watch-cells";

interface Flags {
  readonly stack: string;
  readonly cell?: string;
  readonly once?: boolean;
  readonly interval: string;
  readonly measureInterval: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

const HELP = `
Examples:
  $ npx tenantry watch --once --dry-run --stack prod     # what exceeds its plan now
  $ npx tenantry watch --interval 10s --stack prod       # until it is stopped

With --once it exits with 0 when nothing exceeds its plan any more, with 1 when something does, with 3 when a cell could not
be looked at.`;

export function register(program: Command): void {
  const command: Command = program
    .command("watch")
    .description("end statements, transactions and sessions that exceed their tenant's plan")
    .option(...STACK_OPTION)
    .option("-c, --cell <cell>", "one cell; all of the stack unless given")
    .option("--once", "look once, and end")
    .option("--interval <time>", "how long to wait between two looks", "10s")
    .option(
      "--measure-interval <time>",
      "how long to wait between two times that storage is measured; 0: never; with --once or --dry-run it never is",
      "15min",
    )
    .option("--dry-run", "tell what would be ended, and end nothing")
    .option("--json", "print one array with --once, else one object a line")
    .addHelpText("after", HELP);
  command.action(async (flags: Flags) => {
    const parse = (option: string, given: string, example: string): number =>
      parseDuration(given) ??
      command.error(`error: ${option} takes a time in ms, s or min, not "${given}"; type ${option} ${example}`, {
        exitCode: EXIT.usage,
      });
    const intervalMs = parse("--interval", flags.interval, "10s");
    const measureMs = flags.measureInterval === "0" ? 0 : parse("--measure-interval", flags.measureInterval, "15min");
    await (flags.once ? once(flags) : continuous(flags, intervalMs, measureMs));
  });
}

const watching = ({ stack, cell, dryRun = false }: Flags, onAction: Watching["onAction"]): Watching => ({
  cells: () => readCells(stack, cell),
  dryRun,
  onAction,
  onFailure: (name, reason) => printNote(colors.yellow(`cell ${name} is not watched: ${withoutCell(name, reason)}`)),
});

const measuring = ({ stack, cell }: Flags): Measuring => ({
  cells: () => readCells(stack, cell),
  secrets: vaultReader(stack),
  sqlDir: SQL_DIR,
  onFailure: (name, reason) =>
    printNote(colors.yellow(`storage of cell ${name} is not measured: ${withoutCell(name, reason)}`)),
});

async function once(flags: Flags): Promise<void> {
  const { actions, failures } = await watchCellsOnce(watching(flags, flags.json ? () => {} : print));
  if (flags.json) printJson(actions);
  else if (actions.length === 0 && failures === 0) printLine("nothing exceeds its plan");
  const left = actions.some(({ done }) => done === "found" || done === "failed");
  setExit(failures > 0 ? EXIT.partial : left ? EXIT.findings : EXIT.ok);
}

async function continuous(flags: Flags, intervalMs: number, measureMs: number): Promise<void> {
  const stop = new AbortController();
  const onAction = flags.json ? (action: Action) => printLine(JSON.stringify(action)) : print;
  await withInterrupts(
    () => stop.abort(),
    () => {},
    async () => {
      const watched = watchCells(watching(flags, onAction), intervalMs, stop.signal);
      const measures = measureMs > 0 && !flags.dryRun;
      await Promise.all([watched, measures && measureCells(measuring(flags), measureMs, stop.signal)]);
    },
  );
}

function print(action: Action): void {
  const { cell, session, kind, done, reason } = action;
  const { login, pid, application, address, tenant } = session;
  const where = [application || "unnamed", address ?? "local"].join(", ");
  const end = reason === undefined ? done : `${done}: ${reason}`;
  printLine(
    `${cell} ${tenant?.slug ?? "pooled tenants"}: ${login}, process ${pid} (${where}): ${SAY[kind](action)}: ${end}`,
  );
}

const SAY: Readonly<Record<Action["kind"], (action: Action) => string>> = {
  closed: ({ session: { tenant } }) => `is connected, though its tenant is ${tenant?.status}`,
  connections: ({ used, limit }) => `is one of ${used} connections, ${limit} are allowed`,
  transaction: ({ used, limit }) => `transaction for ${seconds(used)}, ${renderDuration(limit)} are allowed`,
  idle: ({ used, limit }) => `idle in transaction for ${seconds(used)}, ${renderDuration(limit)} are allowed`,
  statement: ({ used, limit }) => `statement for ${seconds(used)}, ${renderDuration(limit)} are allowed`,
};

const seconds = (ms: number): string => `${Math.round(ms / 1000)}s`;
