/** `tenantry usage`: what tenants use, against what they may. */
import type { Command } from "commander";
import type { Usage } from "../database/usage";
import { readCellOf, readCells } from "./cells";
import { vaultReader } from "./estate";
import { STACK_OPTION } from "./options";
import { colors, EXIT, printJson, printNote, printTable, setExit, withoutCell } from "./output";
import { SQL_DIR } from "./project";
import { usageOfCells } from "./usage-of-cells";

interface Flags {
  readonly stack: string;
  readonly measure?: boolean;
  readonly json?: boolean;
}

const HELP = `
Examples:
  $ npx tenantry usage cedar
  $ npx tenantry usage --measure --stack prod            # storage first: run it on a schedule

It exits with 0, with 1 when there is no such tenant, with 3 when a cell could not be asked or measured.`;

export function register(program: Command): void {
  program
    .command("usage")
    .description("show what tenants use, against their limits")
    .argument("[tenant]", "one tenant; all unless given")
    .option(...STACK_OPTION)
    .option("--measure", "measure storage first, and freeze who is out of it")
    .option("--json", "print one array")
    .addHelpText("after", HELP)
    .action(run);
}

async function run(slug: string | undefined, { stack, measure = false, json }: Flags): Promise<void> {
  const asked = { sqlDir: SQL_DIR, secrets: vaultReader(stack), measure, ...(slug !== undefined && { slug }) };
  const asking = slug === undefined ? readCells(stack) : [readCellOf(stack, slug)];
  const { usage, failures } = await usageOfCells(asking, asked);
  for (const { cell, what, reason } of failures) {
    printNote(colors.yellow(`cell ${cell} ${what}: ${withoutCell(cell, reason)}`));
  }
  if (json) printJson(usage);
  else printTable(["tenant", "plan", "quota", "used", "limit", ""], usage.map(cells));
  if (failures.length > 0) setExit(EXIT.partial);
  else if (slug !== undefined && usage.length === 0) {
    printNote(`nothing is counted for ${slug}: it makes its own tables, or the next \`up\` is to make it`);
  }
}

const cells = ({ slug, plan, quota, used, limit, frozen }: Usage): readonly string[] => [
  slug,
  plan,
  quota,
  used === null ? "not measured" : amount(used),
  limit === null ? "none" : amount(limit),
  frozen ? "frozen" : limit !== null && used !== null && used >= limit ? "full" : "",
];

const amount = (value: number): string => value.toLocaleString("en-US", { maximumFractionDigits: 3 });
