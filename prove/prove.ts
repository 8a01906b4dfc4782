/** Attacks an estate, cell by cell. */
import { ahead } from "../database/ahead";
import { TenantryError } from "../registry/errors";
import type { Attempt, Proof } from "./probe";
import type { ProvedCell } from "./sql/cell";
import { SQL_PROBES } from "./sql/probes";
import { attack, withStage } from "./sql/stage";

/** Cells that are attacked at a time. */
const AT_A_TIME = 4;

export interface Proved {
  readonly stack: string;
  readonly cells: readonly ProvedCell[];
  /** What attacks the layers that no cell is. */
  readonly others: readonly (() => Promise<readonly Attempt[]>)[];
}

/** Never throws for what cannot be attacked: that is told as not tried. @throws AbortError when a signal ends it. */
export async function prove({ stack, cells, others }: Proved): Promise<Proof> {
  const begun = performance.now();
  const attempts: Attempt[] = [];
  for await (const [, ofCell] of ahead(cells, AT_A_TIME, proveCell)) attempts.push(...(await ofCell));
  for (const other of others) attempts.push(...(await other()));
  return { stack, attempts, durationMs: Math.round(performance.now() - begun) };
}

async function proveCell(proved: ProvedCell): Promise<readonly Attempt[]> {
  try {
    return await withStage(proved, (stage) => attack(stage, SQL_PROBES));
  } catch (error) {
    if (!(error instanceof TenantryError)) throw error;
    const tried = { where: proved.cell, who: "everybody", target: "the cell", statement: "", answer: error.message };
    return SQL_PROBES.map(({ name }) => ({ ...tried, probe: name, outcome: "untried" }));
  }
}
