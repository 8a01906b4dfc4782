/** Evaluating the program: what everybody waits for in every preview. */
import type { Bench, Comparison, Size } from "./bench";
import { TEN_THOUSAND, tenantsOf, withRegistry } from "./estate";
import { evaluate } from "./evaluate";
import { interleave } from "./measure";
import { sevenATenant, tenantryProgram } from "./program";

export const evaluation: Bench = {
  name: "evaluation",
  budget: "10,000 tenants at least 50x faster per tenant than seven resources each; at most 250 MB",
  run,
};

/** The other side grows by some 4 MB and 60 ms a tenant: at 10,000 it would end for want of memory, so it runs at a size that it survives. */
const TODAY = { full: { tenants: 300, pairs: 3 }, small: { tenants: 50, pairs: 1 } } as const;

async function run(size: Size): Promise<readonly Comparison[]> {
  const { tenants, pairs } = TODAY[size];
  const ours = tenantsOf(TEN_THOUSAND);
  const peaks = { today: 0, tenantry: 0 };
  const times = await withRegistry(TEN_THOUSAND, ({ dir }) =>
    interleave(
      {
        today: async () => {
          const { ms, peakMb } = await evaluate(sevenATenant(tenants));
          peaks.today = Math.max(peaks.today, peakMb);
          return ms / tenants;
        },
        tenantry: async () => {
          const { ms, peakMb } = await evaluate(tenantryProgram(dir));
          peaks.tenantry = Math.max(peaks.tenantry, peakMb);
          return ms / ours;
        },
      },
      { pairs },
    ),
  );
  const seconds = ((times.tenantry * ours) / 1000).toFixed(1);
  return [
    {
      measure: "evaluation per tenant",
      unit: "ms",
      today: times.today,
      tenantry: times.tenantry,
      ratio: times.better,
      gate: { better: 50 },
      note: `tenantry: ${ours.toLocaleString("en-US")} tenants in ${seconds} s; today: at ${tenants} tenants`,
    },
    {
      measure: `peak memory (today: ${tenants} tenants; tenantry: ${ours.toLocaleString("en-US")})`,
      unit: "MB",
      today: peaks.today,
      tenantry: peaks.tenantry,
      gate: { most: 250 },
    },
  ];
}
