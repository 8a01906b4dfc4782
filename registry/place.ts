/** From the registry to the estate: what each cell is and holds. Pure; the same registry gives the same estate. */
import { TenantryError } from "./errors";
import { inhabitants, type Stay } from "./homes";
import { renderPlanLine, renderRosterLine, renderTenantLine, type TenantLine } from "./lines";
import { didYouMean } from "./nearest";
import { TIER_TRAITS } from "./tiers";
import type { Allowance, CellPlacement, Estate, Limits, Plan, Registry, SharedCell, Tenant } from "./types";

export interface PlaceOptions {
  /** Only these cells, where an estate is split over stacks; a dedicated tenant's cell has its slug as name. */
  readonly cells?: readonly string[];
}

/** Cells sorted by name. @throws TenantryError TN-107 for an unknown name in `cells`. */
export function place(registry: Registry, { cells: chosen }: PlaceOptions = {}): Estate {
  const byCell = inhabitants(registry);
  assertKnown(chosen ?? [], byCell);
  const names = [...byCell.keys()].filter((name) => chosen === undefined || chosen.includes(name)).sort();
  const cells = names.map((name) => {
    const stays = byCell.get(name) ?? [];
    const shared = registry.cells.get(name);
    return shared === undefined ? placeDedicated(name, stays) : placeShared(shared, stays);
  });
  const here = new Map(names.flatMap((name) => byCell.get(name) ?? []).map(({ tenant }) => [tenant.slug, tenant]));
  return {
    cells,
    plans: bySlug([...registry.plans.values()].map((plan) => [plan.name, renderPlan(plan)])),
    regions: [...new Set(cells.map(({ region }) => region))].sort(),
    roster: bySlug([...here.values()].map((tenant) => [tenant.slug, renderRoster(tenant)])),
  };
}

function placeShared(cell: SharedCell, stays: readonly Stay[]): CellPlacement {
  const { name, region, server, postgres, extensions, backup, allow } = cell;
  const leaving = cell.status === "retiring";
  const hardware = { region, server, postgres, extensions, backup };
  return { name, kind: "shared", ...hardware, ...allowing(allow), leaving, lines: linesOf(stays) };
}

function placeDedicated(name: string, stays: readonly Stay[]): CellPlacement {
  const [stay] = stays;
  if (stay?.tenant.server === undefined)
    throw new Error(`cell ${name} has no server: the registry's rules were not run`);
  const { tenant, region } = stay;
  const { postgres, extensions, ...server } = stay.tenant.server;
  return {
    name,
    kind: "dedicated",
    region,
    server,
    postgres,
    extensions,
    ...(tenant.key !== undefined && { key: tenant.key }),
    backup: tenant.backup,
    ...(tenant.residency && { residency: tenant.residency }),
    ...allowing(tenant.allow),
    leaving: tenant.status === "offboarding",
    lines: linesOf(stays),
  };
}

const allowing = (allow: readonly Allowance[] = []) => (allow.length > 0 ? { allow } : {});

const linesOf = (stays: readonly Stay[]) =>
  bySlug(stays.map((stay) => [stay.tenant.slug, renderTenantLine(tenantLine(stay))]));

/** The line of a tenant in one cell: at the target of a move it says where the tenant still lives, at the source nothing. */
function tenantLine({ tenant, tier, prepared }: Stay): TenantLine {
  const { limits, from } = tenant;
  const connections = TIER_TRAITS[tier].ownLogins ? (limits.connections ?? TIER_TRAITS[tier].connections) : undefined;
  return {
    tier,
    plan: tenant.plan,
    status: tenant.status,
    ownTables: tenant.tables === "own",
    ...(connections !== undefined && { connections }),
    ...overridden(tenant, limits),
    ...(prepared && from && { from }),
    id: tenant.id,
  };
}

/** Only what the tenant itself says: its plan's limits are told once, with the plan. */
function overridden(
  { overrides }: Tenant,
  limits: Limits,
): Omit<TenantLine, "tier" | "plan" | "status" | "ownTables" | "connections" | "from" | "id"> {
  const { workMemMb, statementTimeoutMs, idleInTransactionTimeoutMs, transactionTimeoutMs } = limits;
  return {
    ...(overrides.includes("workMem") && { workMemMb }),
    ...(overrides.includes("statementTimeout") && { statementTimeoutMs }),
    ...(overrides.includes("idleInTransactionTimeout") && { idleInTransactionTimeoutMs }),
    ...(overrides.includes("transactionTimeout") && { transactionTimeoutMs }),
    quotas: Object.fromEntries(Object.entries(limits.quotas).filter(([name]) => overrides.includes(`quotas.${name}`))),
  };
}

const renderRoster = ({ tier, status, tables, from, id, cell, region }: Tenant) =>
  renderRosterLine({
    tier,
    offboarding: status === "offboarding",
    ownTables: tables === "own",
    ...(from && { from }),
    id,
    cell,
    region,
  });

function renderPlan({ tier, limits, tables }: Plan): string {
  return renderPlanLine({ tier, ...limits, ownTables: tables === "own" });
}

/** Sorted, so that the order of lines in a file is no difference. */
const bySlug = (entries: readonly (readonly [string, string])[]): Readonly<Record<string, string>> =>
  Object.fromEntries([...entries].sort(([one], [other]) => (one < other ? -1 : 1)));

function assertKnown(chosen: readonly string[], known: ReadonlyMap<string, unknown>): void {
  const unknown = chosen.find((name) => !known.has(name));
  if (unknown === undefined) return;
  const hint = didYouMean(unknown, known.keys());
  throw new TenantryError(
    "TN-107",
    `${unknown} is no cell of this registry${hint}; name cells, or dedicated tenants by their slug`,
  );
}
