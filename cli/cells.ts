/** The cells of a running estate, for verbs that work on each of them as its RDS-like admin. */
import { type CellInputs, parseCell } from "../provider/inputs";
import { TenantryError } from "../registry/errors";
import { readApplied } from "./applied";

/** Cells by name, each with how to reach it and what it was last made from. @throws TenantryError TN-601, TN-608 */
export function readCells(stack: string, only?: string): readonly CellInputs[] {
  const cells = readApplied(stack)
    .filter(({ type }) => type === "tenantry:index:CellTenants")
    .map(({ inputs }) => parseCell(inputs))
    .sort((one, other) => (one.cell < other.cell ? -1 : 1));
  if (only === undefined) return cells;
  const found = cells.filter(({ cell }) => cell === only);
  if (found.length > 0) return found;
  throw new TenantryError(
    "TN-608",
    `stack ${stack} has no cell ${only}; it has ${cells.map(({ cell }) => cell).join(", ") || "none"}`,
  );
}

/** The cell that a tenant lives in. @throws TenantryError TN-601, TN-602 */
export function readCellOf(stack: string, slug: string): CellInputs {
  const found = readCells(stack).find(({ tenants }) => tenants[slug] !== undefined);
  if (found) return found;
  throw new TenantryError(
    "TN-602",
    `the estate has no tenant ${slug}; \`npx tenantry directory --stack ${stack}\` lists what is there`,
  );
}
