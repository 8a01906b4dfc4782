/** Which shared cell a new tenant should live in. */
import { type Load, loadOf, type Occupant, REFUSE_AT, renderLoad } from "./capacity";
import { TenantryError } from "./errors";
import { inhabitants } from "./homes";
import { TIER_TRAITS } from "./tiers";
import type { Plan, Registry, SharedCell, Tier } from "./types";

export interface Pick {
  readonly cell: string;
  /** Why this one, for people. */
  readonly why: string;
}

interface Candidate {
  readonly cell: SharedCell;
  /** With the new tenant. */
  readonly load: Load;
  readonly neighbours: number;
  /** What is compared: a pooled tenant shares the cell's pool, any other takes connections and memory of its own. */
  readonly fullness: number;
}

/**
 * The least loaded cell that can take one more tenant of the plan and tier, in `region` where one is given.
 * @throws TenantryError TN-121 when there is none.
 */
export function pickCell(registry: Registry, plan: Plan, tier: Tier, region?: string): Pick {
  const cells = [...registry.cells.values()];
  const fitting = cells.filter((cell) => misfit(cell, plan, tier, region) === undefined);
  const byCell = inhabitants(registry);
  const candidates = fitting
    .map((cell) => candidateOf(cell, byCell.get(cell.name) ?? [], plan, tier))
    .filter(({ load }) => load.share < REFUSE_AT)
    .sort((one, other) => one.fullness - other.fullness || one.neighbours - other.neighbours);
  const [best] = candidates;
  if (best === undefined) throw noCell(cells, plan, tier, region);
  const among =
    candidates.length === 1 ? "the only cell that can take it" : `the least loaded of ${candidates.length} cells`;
  return { cell: best.cell.name, why: `${among}; with it: ${renderLoad(best.load)}, ${best.neighbours + 1} tenants` };
}

function candidateOf(cell: SharedCell, there: readonly Occupant[], plan: Plan, tier: Tier): Candidate {
  const connections = plan.limits.connections ?? TIER_TRAITS[tier].connections;
  const limits = { ...plan.limits, ...(connections !== undefined && { connections }) };
  const load = loadOf(cell, [...there, { tier, tenant: { status: "active", limits } }]);
  const pooled = there.filter((occupant) => occupant.tier === "pooled").length;
  const fullness = tier === "pooled" ? pooled / cell.pooledConnections : load.share;
  return { cell, load, neighbours: there.length, fullness };
}

/** Why a cell cannot take such a tenant whatever its load; undefined when it can. */
function misfit(cell: SharedCell, plan: Plan, tier: Tier, region?: string): string | undefined {
  if (cell.status === "retiring") return "retiring";
  if (region !== undefined && cell.region !== region) return `in ${cell.region}`;
  if (plan.residency && !plan.residency.includes(cell.region)) return `outside of the plan's residency`;
  const ownTables = cell.tables === "own" || plan.tables === "own";
  if (ownTables && tier === "pooled") return "with `tables: own`, so without pooled tenants";
  if (cell.tables === "own" && Object.keys(plan.limits.quotas).length > 0)
    return "with `tables: own`, so without quotas";
  return undefined;
}

function noCell(cells: readonly SharedCell[], plan: Plan, tier: Tier, region?: string): TenantryError {
  const reasons = cells.map((cell) => `${cell.name} is ${misfit(cell, plan, tier, region) ?? "full"}`);
  const found = reasons.length === 0 ? "the stack has no shared cell" : reasons.join(", ");
  return new TenantryError(
    "TN-121",
    `no cell can take a ${tier} tenant of plan ${plan.name}: ${found}; add a cell, enlarge one, or name another region`,
  );
}
