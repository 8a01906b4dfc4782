/** Reading the registry: what every command and every preview does first. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { LineCounter, parseDocument } from "yaml";
import { loadRegistry } from "../registry/load";
import { place } from "../registry/place";
import type { Bench, Comparison, Size } from "./bench";
import { TEN_THOUSAND, tenantsOf, withRegistry } from "./estate";
import { interleave, time } from "./measure";

export const registry: Bench = {
  name: "registry",
  budget: "10,000 tenants checked and placed in at most 2.5x of reading their YAML",
  run,
};

const PAIRS = { full: 9, small: 2 } as const;
const SQL_DIR = join(__dirname, "../sql");

async function run(size: Size): Promise<readonly Comparison[]> {
  const times = await withRegistry(TEN_THOUSAND, async ({ dir }) => {
    const text = readFileSync(join(dir, "bench.yaml"), "utf8");
    const sides = {
      today: () => time(async () => parseDocument(text, { lineCounter: new LineCounter(), uniqueKeys: false })),
      tenantry: () => time(async () => place(loadRegistry({ dir, stack: "bench", sqlDir: SQL_DIR }))),
    };
    return interleave(sides, { pairs: PAIRS[size], warmUp: true });
  });
  return [
    {
      measure: `registry of ${tenantsOf(TEN_THOUSAND).toLocaleString("en-US")} tenants, from files to placements`,
      unit: "ms",
      today: times.today,
      tenantry: times.tenantry,
      ratio: times.worse,
      gate: { worse: 2.5 },
      note: "today: the YAML library alone, without a single check",
    },
  ];
}
