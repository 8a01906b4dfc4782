/** Use against limits over the cells of an estate. */
import { join } from "node:path";
import { withClient } from "../database/connect";
import type { Quota } from "../database/directives";
import { reasonOf } from "../database/reason";
import { quotasOf } from "../database/reference";
import { loadTableFiles } from "../database/table-files";
import { measureStorage, readUsage, type Usage } from "../database/usage";
import type { CellInputs } from "../provider/inputs";

export interface UsageAsked {
  /** Holds the folder `tenant`, whose files declare the quotas. */
  readonly sqlDir: string;
  /** One tenant; all unless given. */
  readonly slug?: string;
  /** Measures storage first. */
  readonly measure: boolean;
}

export interface UsageFound {
  readonly usage: readonly Usage[];
  /** Cells that could not be asked, each with why. */
  readonly failures: readonly { readonly cell: string; readonly reason: string }[];
}

export async function usageOfCells(cells: readonly CellInputs[], asked: UsageAsked): Promise<UsageFound> {
  const quotas = quotasOf(loadTableFiles(join(asked.sqlDir, "tenant")));
  const each = await Promise.all(cells.map((cell) => usageOfCell(cell, quotas, asked)));
  return { usage: each.flatMap(({ usage }) => usage), failures: each.flatMap(({ failures }) => failures) };
}

async function usageOfCell(
  { cell, connection }: CellInputs,
  quotas: readonly Quota[],
  { slug, measure }: UsageAsked,
): Promise<UsageFound> {
  try {
    const usage = await withClient({ connection, cell, purpose: "usage" }, async (client) => {
      if (measure) await measureStorage(client, quotas);
      return await readUsage(client, quotas, slug);
    });
    return { usage, failures: [] };
  } catch (error) {
    return { usage: [], failures: [{ cell, reason: reasonOf(error) }] };
  }
}
