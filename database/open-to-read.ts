/** The beginning of every run that only reads: the cell is the right one, and its admin can read it. */
import type { Client } from "pg";
import { TenantryError } from "../registry/errors";
import { CELL_ROLES } from "../registry/names";
import { type CellFacts, readCellFacts } from "./cell-facts";
import { assertOwnCell } from "./open-cell";
import { checkPreflight } from "./preflight";

/** Undefined before the first run. @throws TenantryError TN-304, TN-306 */
export async function openToRead(client: Client, cell: string): Promise<CellFacts | undefined> {
  const standing = await checkPreflight(client, cell);
  const { prepared, unheld } = standing;
  if (!prepared) return undefined;
  if (unheld.includes(CELL_ROLES.control)) {
    throw new TenantryError(
      "TN-304",
      `cell ${cell} cannot be read: its admin cannot act as ${CELL_ROLES.control} any more; the next \`up\` repairs it`,
    );
  }
  const facts = await readCellFacts(client, standing);
  assertOwnCell(facts, cell);
  return facts;
}
