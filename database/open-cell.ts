/** The beginning of every run that writes: the cell is the right one, and what the rest of the run stands on is there. */
import type { Client } from "pg";
import { TenantryError } from "../registry/errors";
import { type CellFacts, readCellFacts } from "./cell-facts";
import { renderCellRoles } from "./cell-roles";
import { applyControl, type ControlSource } from "./control";
import { assertOnlyCell, assertOwnRoles, checkPreflight } from "./preflight";

export interface OpenedCell {
  readonly facts: CellFacts;
  /** Major version of the server. */
  readonly major: number;
}

/**
 * Makes the cell's roles and its control schema where they are missing.
 * @throws TenantryError TN-304 when the admin may not do what it must, TN-306, TN-307, TN-308, TN-318.
 */
export async function openCell(
  client: Client,
  { cell, ...source }: { readonly cell: string } & ControlSource,
): Promise<OpenedCell> {
  const standing = await checkPreflight(client, cell);
  assertOwnRoles(standing, cell);
  assertOnlyCell(standing, cell);
  const { prepared, major, missing, unheld } = standing;
  if (missing.length + unheld.length > 0) await client.query(renderCellRoles(standing, prepared));
  const before = prepared ? await readCellFacts(client, standing) : undefined;
  if (before) assertOwnCell(before, cell);
  const applied = await applyControl(client, source, before);
  const facts = before && !applied ? before : await readCellFacts(client);
  return { facts, major };
}

/** @throws TenantryError TN-306 when the database is another cell's. */
export function assertOwnCell(facts: CellFacts, cell: string): void {
  if (facts.cell === null || facts.cell.name === cell) return;
  throw new TenantryError(
    "TN-306",
    `this database belongs to cell ${facts.cell.name}, not to ${cell}; look at the connection of cell ${cell}`,
  );
}
