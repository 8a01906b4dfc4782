/** Use against limits over the cells of an estate. */
import { join } from "node:path";
import { withClient } from "../database/connect";
import type { Quota } from "../database/directives";
import { reasonOf } from "../database/reason";
import { quotasOf } from "../database/reference";
import { loadTableFiles } from "../database/table-files";
import { readUsage, type Usage } from "../database/usage";
import { type MeasuredCell, type MeasuringWith, measureCell } from "./measure-cells";

export interface UsageAsked extends MeasuringWith {
  /** One tenant; all unless given. */
  readonly slug?: string;
  /** Measures storage first. */
  readonly measure: boolean;
}

export interface UsageFound {
  readonly usage: readonly Usage[];
  /** Cells that could not be asked or measured, each with why: what follows its name. */
  readonly failures: readonly { readonly cell: string; readonly reason: string }[];
}

export async function usageOfCells(cells: readonly MeasuredCell[], asked: UsageAsked): Promise<UsageFound> {
  const quotas = quotasOf(loadTableFiles(join(asked.sqlDir, "tenant")));
  const each = await Promise.all(cells.map((cell) => usageOfCell(cell, quotas, asked)));
  return { usage: each.flatMap(({ usage }) => usage), failures: each.flatMap(({ failures }) => failures) };
}

/** What could not be measured is shown as it was measured last. */
async function usageOfCell(of: MeasuredCell, quotas: readonly Quota[], asked: UsageAsked): Promise<UsageFound> {
  const { cell, connection } = of;
  const failures: { cell: string; reason: string }[] = [];
  const attempt = async <T>(what: string, act: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await act();
    } catch (error) {
      failures.push({ cell, reason: `${what}: ${reasonOf(error)}` });
      return undefined;
    }
  };
  const usage = await attempt("could not be asked", () =>
    withClient({ connection, cell, purpose: "usage" }, async (client) => {
      if (asked.measure) await attempt("could not be measured", () => measureCell(client, of, asked));
      return await readUsage(client, quotas, asked.slug);
    }),
  );
  return { usage: usage ?? [], failures };
}
