/** A cell that grows over the rows that need thousands of schemas, so that they are made once a run. */
import { type Cell, makeCell } from "./cell";
import { desiredCell } from "./estate";
import { openServer } from "./server";

let grown: Promise<Cell> | undefined;
let schemas = 0;

/** The run's one big cell. It lives until the end of the run. */
export function bigCell(): Promise<Cell> {
  grown ??= openServer().then((server) => makeCell(server));
  return grown;
}

export const schemasSoFar = (): number => schemas;

/** Reconciles the cell to that many schema tenants, unless it has them. */
export async function growTo(wanted: number): Promise<Cell> {
  const cell = await bigCell();
  while (schemas < wanted) {
    const next = Math.min(wanted, schemas + BATCH);
    await cell.apply(desiredCell({ pooled: 0, schema: next }));
    schemas = next;
  }
  return cell;
}

/** Tenants of one reconcile while growing: some seconds of work. */
const BATCH = 500;
