/** Which tenants a cell holds: those that live there, and those that are only prepared there. */
import type { Registry, Tenant, Tier } from "./types";

/** A tenant in a cell. */
export interface Stay {
  readonly tenant: Tenant;
  /** The tier that it has in this cell. */
  readonly tier: Tier;
  /** True at the target of a move: the tenant does not live here yet. */
  readonly prepared: boolean;
  readonly cell: string;
  readonly region: string;
}

/** The places of one tenant: one, or two while it moves to another cell. Within one cell, only the target is told. */
function staysOf(tenant: Tenant, cells: Registry["cells"]): Stay[] {
  const { from } = tenant;
  const target = { tenant, tier: tenant.tier, cell: tenant.cell, region: tenant.region, prepared: from !== undefined };
  if (from === undefined || from.cell === tenant.cell) return [target];
  const cell = from.cell ?? tenant.slug;
  const region = from.region ?? cells.get(cell)?.region ?? "";
  return [target, { tenant, tier: from.tier, cell, region, prepared: false }];
}

/** By cell, shared cells without tenants included. */
export function inhabitants(registry: Pick<Registry, "cells" | "tenants">): Map<string, Stay[]> {
  const byCell = new Map<string, Stay[]>([...registry.cells.keys()].map((name) => [name, []]));
  for (const tenant of registry.tenants.values()) {
    for (const stay of staysOf(tenant, registry.cells)) {
      const others = byCell.get(stay.cell);
      if (others === undefined) byCell.set(stay.cell, [stay]);
      else others.push(stay);
    }
  }
  return byCell;
}
