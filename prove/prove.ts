/** Attacks an estate: its cells, then what is no cell. */
import { DatabaseError } from "pg";
import { ahead } from "../database/ahead";
import { TenantryError } from "../registry/errors";
import type { Attempt, Outcome, Proof } from "./probe";
import type { ProvedCell } from "./sql/cell";
import { SQL_PROBES } from "./sql/probes";
import { attack, withStage } from "./sql/stage";

/** Cells that are attacked at a time. */
const AT_A_TIME = 4;

export interface Proved {
  readonly stack: string;
  readonly cells: readonly Omit<ProvedCell, "signal">[];
  /** Each makes the attacks of a layer that no cell is. */
  readonly others: readonly (() => Promise<readonly Attempt[]>)[];
  /** Ends the attacks. What was made for them is removed first. */
  readonly signal: AbortSignal;
}

/** What no proof says, for whoever reads it. */
export const NOT_PROVEN: readonly string[] = [
  "that the application presents the right tenant: it holds the signing key",
  "anything of who holds the migrator, the admin, or a Vault token of a run: they reach all of a cell",
  "that nothing can be told from time, sizes, counters and names (docs/threat-model.md)",
];

/** What a proof of a whole estate does not say either. */
export const NOT_PROVEN_OF_AWS =
  "policies of AWS as AWS evaluates them: they are read from the state and evaluated here";

/** What cannot be attacked is told as not tried. @throws the reason of the signal when that ends it. */
export async function prove({ stack, cells, others, signal }: Proved): Promise<Proof> {
  const begun = performance.now();
  const attempts: Attempt[] = [];
  const proving = ahead(cells, AT_A_TIME, (cell) => proveCell({ ...cell, signal }, signal));
  for await (const [, ofCell] of proving) attempts.push(...(await ofCell));
  for (const other of others) {
    signal.throwIfAborted();
    attempts.push(...(await other()));
  }
  signal.throwIfAborted();
  return { stack, attempts, durationMs: Math.round(performance.now() - begun) };
}

/**
 * Once the signal has come, nothing: each cell is then left as it was before anybody is told. When the cell is lost on the way,
 * or cannot be left as it was, what was found until then stands.
 */
async function proveCell(proved: ProvedCell, signal: AbortSignal): Promise<readonly Attempt[]> {
  if (signal.aborted) return [];
  const found: Attempt[] = [];
  try {
    await withStage(proved, (stage) => attack(stage, SQL_PROBES, found));
    return found;
  } catch (error) {
    if (signal.aborted && error === signal.reason) return [];
    if (!(error instanceof TenantryError || error instanceof DatabaseError)) throw error;
    return [...found, ...untried(proved.cell, error.message, found)];
  }
}

/** The probes that did not end; all of them when the cell was lost behind the last one. */
function untried(where: string, answer: string, found: readonly Attempt[]): readonly Attempt[] {
  const ended = new Set(found.map(({ probe }) => probe));
  const rest = SQL_PROBES.filter(({ name }) => !ended.has(name));
  return (rest.length > 0 ? rest : SQL_PROBES).map(({ name: probe }) => ({
    probe,
    where,
    who: "everybody",
    target: "the cell",
    statement: "",
    outcome: "untried",
    answer,
  }));
}

/** The worst that was found. */
export function verdictOf({ attempts }: Proof): Extract<Outcome, "through" | "untried"> | "proven" {
  const found = new Set(attempts.map(({ outcome }) => outcome));
  if (found.has("through")) return "through";
  return found.has("untried") || attempts.length === 0 ? "untried" : "proven";
}
