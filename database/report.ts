/** What a cell's database really holds, compared with what it was told last. Changes nothing. */
import { TenantryError } from "../registry/errors";
import { CELL_ROLES } from "../registry/names";
import { readCellFacts } from "./cell-facts";
import { withClient } from "./connect";
import { assertOwnCell } from "./open-cell";
import { checkPreflight } from "./preflight";
import { renderState } from "./state";
import { survey } from "./survey";
import type { CellState, Connection } from "./types";

const EMPTY: CellState = { directory: [], tenants: {}, shared: {} };

/** @throws TenantryError TN-301 to TN-304, TN-306 */
export async function report({ connection, cell }: { connection: Connection; cell: string }): Promise<CellState> {
  return await withClient({ connection, cell, purpose: "report" }, async (client) => {
    const { prepared, unheld } = await checkPreflight(client, cell);
    if (!prepared) return EMPTY;
    if (unheld.includes(CELL_ROLES.control)) {
      throw new TenantryError(
        "TN-304",
        `cell ${cell} cannot be read: its admin cannot act as ${CELL_ROLES.control} any more; the next \`up\` repairs it`,
      );
    }
    const facts = await readCellFacts(client);
    assertOwnCell(facts, cell);
    return renderState(cell, connection, await survey(client, [], facts));
  });
}
