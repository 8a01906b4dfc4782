/** The watchdog over the cells of an estate: once, or until it is told to stop. */
import { withClient } from "../database/connect";
import { reasonOf } from "../database/reason";
import { type Action, watchOnce } from "../database/watch";
import type { CellInputs } from "../provider/inputs";
import { pause } from "./pause";

type Watched = Pick<CellInputs, "cell" | "connection">;

export interface Watching {
  /** The cells as the estate has them now. */
  readonly cells: () => readonly Watched[];
  readonly dryRun: boolean;
  /** Hears of each action, as it was done. */
  readonly onAction: (action: Action) => void;
  /** Hears of a cell that cannot be watched, and why. */
  readonly onFailure: (cell: string, reason: string) => void;
}

/** One look at every cell, all at once. Gives the actions, and the number of cells that could not be looked at. */
export async function watchCellsOnce(watching: Watching): Promise<{ actions: readonly Action[]; failures: number }> {
  const { cells, dryRun, onAction, onFailure } = watching;
  let failures = 0;
  const looked = cells().map(async ({ cell, connection }) => {
    try {
      return await withClient({ connection, cell, purpose: "watch" }, (client) => watchOnce(client, { cell, dryRun }));
    } catch (error) {
      failures += 1;
      onFailure(cell, reasonOf(error));
      return [];
    }
  });
  const actions = (await Promise.all(looked)).flat();
  for (const action of actions) onAction(action);
  return { actions, failures };
}

/**
 * Each cell by itself, so that one that is away holds nobody else up, in a session that it keeps: a server whose connections are
 * all taken lets nobody in. When that session breaks, the cell is looked up anew, for a server may come back elsewhere.
 */
export async function watchCells(watching: Watching, intervalMs: number, stop: AbortSignal): Promise<void> {
  await Promise.all(watching.cells().map(({ cell }) => watchCell(cell, watching, intervalMs, stop)));
}

async function watchCell(cell: string, watching: Watching, intervalMs: number, stop: AbortSignal): Promise<void> {
  let told: string | undefined;
  while (!stop.aborted) {
    try {
      const found = watching.cells().find((one) => one.cell === cell);
      if (!found) throw new Error("the estate has it no more");
      await withClient({ connection: found.connection, cell, purpose: "watch" }, async (client) => {
        while (!stop.aborted) {
          for (const action of await watchOnce(client, { cell, dryRun: watching.dryRun })) watching.onAction(action);
          told = undefined;
          await pause(intervalMs, stop);
        }
      });
    } catch (error) {
      const reason = reasonOf(error);
      if (reason !== told) watching.onFailure(cell, reason); // once, however long it lasts
      told = reason;
      await pause(intervalMs, stop);
    }
  }
}
