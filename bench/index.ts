/** `npm run bench [-- <name filter>] [--small] [--json] [--no-assert]`: both sides of every row, in one run. */
import { parseArgs } from "node:util";
import type { Bench, Size } from "./bench";
import { evaluation } from "./evaluation";
import { machineLine } from "./machine";
import { noOp } from "./no-op";
import { oneEdit } from "./one-edit";
import { pooledTenants } from "./pooled-tenants";
import { quotas } from "./quotas";
import { registry } from "./registry";
import { passed, type Row, renderJson, renderRow } from "./report";
import { resources } from "./resources";
import { rowSecurity } from "./row-security";
import { runningAsTenant } from "./running-as-tenant";
import { schemaTenants } from "./schema-tenants";
import { stopServers } from "./server";

/** Those that measure microseconds come first; those that fill a server with schemas come last, and share it. */
const BENCHES: readonly Bench[] = [
  rowSecurity,
  quotas,
  runningAsTenant,
  pooledTenants,
  registry,
  resources,
  evaluation,
  schemaTenants,
  noOp,
  oneEdit,
];

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    allowNegative: true,
    options: {
      json: { type: "boolean", default: false },
      small: { type: "boolean", default: false },
      assert: { type: "boolean", default: true },
    },
  });
  const [filter = ""] = positionals;
  const chosen = BENCHES.filter(({ name }) => name.includes(filter));
  if (chosen.length === 0) {
    console.error(`no row has "${filter}" in its name; rows: ${BENCHES.map(({ name }) => name).join(", ")}`);
    return 2;
  }
  const say = values.json ? () => {} : console.log;
  const rows = await measure(chosen, values.small ? "small" : "full", say);
  if (values.json) console.log(renderJson(machineLine(), rows));
  const missed = rows.filter((row) => !passed(row));
  say(missed.length === 0 ? "all gates hold" : `missed: ${missed.map(({ name }) => name).join(", ")}`);
  return values.assert && missed.length > 0 ? 1 : 0;
}

async function measure(benches: readonly Bench[], size: Size, say: (text: string) => void): Promise<readonly Row[]> {
  say(`${machineLine()}\n${HOW[size]}\n`);
  const rows: Row[] = [];
  for (const bench of benches) {
    const row = await measureOne(bench, size);
    say(`${renderRow(row)}\n`);
    rows.push(row);
  }
  return rows;
}

const HOW: Readonly<Record<Size, string>> = {
  full: "medians over interleaved pairs; ratios are judged, times are for information",
  small: "small: shows that all works; counts are judged, times are not",
};

/** One row that cannot run does not hide the others; it counts as missed. */
async function measureOne({ name, budget, run }: Bench, size: Size): Promise<Row> {
  try {
    return { name, size, budget, comparisons: await run(size) };
  } catch (error) {
    const failure = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { name, size, budget, comparisons: [], failure };
  }
}

async function end(code: number): Promise<never> {
  await stopServers();
  process.exit(code);
}

for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void end(130));
main().then(end, async (error) => {
  console.error(error);
  await end(1);
});
