/** What a cell is for. Pure. */
import type { TenantRow } from "./tenant-rows";
import type { DesiredCell } from "./types";

/**
 * True for a shared cell, be it empty. A dedicated tenant is a cell of one: it needs no pooled schema, no application login
 * and no signing key, and what is not there cannot be stolen.
 */
export function pooledHere(desired: DesiredCell, rows: readonly TenantRow[]): boolean {
  const dedicated = [
    ...Object.values(desired.tenants).map((line) => line.startsWith("dedicated ")),
    ...rows.map(({ tier }) => tier === "dedicated"),
  ];
  return dedicated.length === 0 || dedicated.includes(false);
}

/** Slugs of the tenants that may have, or want, roles and a schema of their own. Those that move count, wherever to. */
export const housedIn = ({ tenants }: DesiredCell): readonly string[] =>
  Object.entries(tenants)
    .filter(([, line]) => !line.startsWith("pooled ") || line.includes(" from="))
    .map(([slug]) => slug);
