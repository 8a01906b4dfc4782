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

interface UsageFailure {
  readonly cell: string;
  readonly what: "could not be asked" | "could not be measured";
  readonly reason: string;
}

export interface UsageFound {
  readonly usage: readonly Usage[];
  readonly failures: readonly UsageFailure[];
}

export async function usageOfCells(cells: readonly MeasuredCell[], asked: UsageAsked): Promise<UsageFound> {
  const quotas = quotasOf(loadTableFiles(join(asked.sqlDir, "tenant")));
  const each = await Promise.all(cells.map((cell) => usageOfCell(cell, quotas, asked)));
  return { usage: each.flatMap(({ usage }) => usage), failures: each.flatMap(({ failures }) => failures) };
}

/** What could not be measured is shown as it was measured last. */
async function usageOfCell(of: MeasuredCell, quotas: readonly Quota[], asked: UsageAsked): Promise<UsageFound> {
  const { cell, connection } = of;
  const failures: UsageFailure[] = [];
  const attempt = async <T>(what: UsageFailure["what"], act: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await act();
    } catch (error) {
      failures.push({ cell, what, reason: reasonOf(error) });
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
