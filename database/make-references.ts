/** What the tables of a run must look like, for the kinds of schema that the cell has. */
import type { Client } from "pg";
import { type CellFacts, readCellFacts } from "./cell-facts";
import type { Failures } from "./failure";
import { housedIn, pooledHere } from "./kind";
import { ensureReference, type ManagedTables } from "./reference";
import type { TableFile } from "./table-files";
import type { DesiredCell } from "./types";

export interface References {
  readonly facts: CellFacts;
  /** True when a file fails. */
  readonly broken: boolean;
  /** Undefined then, or when the cell has no use for it. */
  readonly pooled?: ManagedTables;
  readonly schema?: ManagedTables;
}

/** A file that fails is one failure of the cell. Tenants that need no tables are served all the same. */
export async function makeReferences(
  client: Client,
  {
    desired,
    files,
    facts,
    major,
  }: { desired: DesiredCell; files: readonly TableFile[]; facts: CellFacts; major: number },
  failures: Failures,
): Promise<References> {
  const made: { pooled?: ManagedTables; schema?: ManagedTables } = {};
  const known = { shapes: facts.shapes, major };
  const kinds = [
    ...(pooledHere(desired, []) ? (["pooled"] as const) : []),
    ...(housedIn(desired).length > 0 ? (["schema"] as const) : []),
  ];
  let built = false;
  let broken = false;
  for (const kind of kinds) {
    if (broken) break; // the same file fails in the other one too
    broken = !(await failures.attempt("cell", async () => {
      const reference = await ensureReference(client, kind, files, known);
      made[kind] = reference.managed;
      built = built || reference.built;
    }));
  }
  return { ...made, broken, facts: built ? await readCellFacts(client) : facts };
}
