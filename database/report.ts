/** What a cell's database really holds, compared with what it was told last. Changes nothing. */
import { withClient } from "./connect";
import { openToRead } from "./open-to-read";
import { renderState } from "./state";
import { survey } from "./survey";
import type { CellState, Connection } from "./types";

const EMPTY: CellState = { directory: [], tenants: {}, shared: {} };

/** @throws TenantryError TN-301 to TN-304, TN-306 */
export async function report({ connection, cell }: { connection: Connection; cell: string }): Promise<CellState> {
  return await withClient({ connection, cell, purpose: "report" }, async (client) => {
    const facts = await openToRead(client, cell);
    return facts ? renderState(cell, connection, await survey(client, [], facts)) : EMPTY;
  });
}
