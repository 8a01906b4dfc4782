/** What a cell's database really holds, compared with what it was told last. Changes nothing. */
import { withClient } from "./connect";
import { isLocked } from "./lock";
import { openToRead } from "./open-to-read";
import { renderState } from "./state";
import { survey } from "./survey";
import type { CellState, Connection } from "./types";

const LEFT = { "tenants of a proof": "left by a `prove` that was killed" };
const EMPTY: CellState = { directory: [], tenants: {}, shared: {} };

/** @throws TenantryError TN-301 to TN-304, TN-306 */
export async function report({ connection, cell }: { connection: Connection; cell: string }): Promise<CellState> {
  return await withClient({ connection, cell, purpose: "report" }, async (client) => {
    const facts = await openToRead(client, cell);
    if (!facts) return EMPTY;
    const found = await survey(client, [], facts);
    const state = renderState(cell, connection, found);
    // While they are attacked they are nobody's business; a `prove` that was killed has left them to the next `up`.
    const left = found.probes.length > 0 && !(await isLocked(client));
    return left ? { ...state, shared: { ...state.shared, ...LEFT } } : state;
  });
}
