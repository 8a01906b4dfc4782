/** How many resources an estate of 10,000 tenants is. */
import type { Bench, Comparison, Size } from "./bench";
import { TEN_THOUSAND, tenantsOf, withRegistry } from "./estate";
import { evaluate } from "./evaluate";
import { sevenATenant, tenantryProgram } from "./program";

export const resources: Bench = { name: "resources", budget: "10,000 tenants in at most 1/60 of seven a tenant", run };

const SAMPLE = 20;

async function run(_size: Size): Promise<readonly Comparison[]> {
  const tenants = tenantsOf(TEN_THOUSAND);
  const one = await evaluate(sevenATenant(SAMPLE));
  const two = await evaluate(sevenATenant(2 * SAMPLE));
  const perTenant = (two.registrations.size - one.registrations.size) / SAMPLE;
  const ours = await withRegistry(TEN_THOUSAND, ({ dir }) => evaluate(tenantryProgram(dir)));
  return [
    {
      measure: `resources of ${tenants.toLocaleString("en-US")} tenants on ${TEN_THOUSAND.cells} shared and ${TEN_THOUSAND.dedicated} own servers`,
      unit: "",
      today: perTenant * tenants,
      tenantry: ours.registrations.size,
      gate: { better: 60 },
      note: `components and providers counted; today: ${perTenant} a tenant, counted at ${SAMPLE} and ${2 * SAMPLE} tenants, without their servers`,
    },
  ];
}
