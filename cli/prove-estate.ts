/** An estate, as `tenantry prove` attacks it. */
import type { Proof } from "../prove/probe";
import { prove } from "../prove/prove";
import { attacksBesideServers } from "./attack-layers";
import { readCells } from "./cells";
import { vaultReader } from "./estate";
import { SQL_DIR } from "./project";

export interface ProveOptions {
  readonly stack: string;
  /** This cell alone, and nothing beside the servers. */
  readonly cell?: string;
  readonly signal: AbortSignal;
}

/** @throws TenantryError TN-601, TN-608 */
export async function proveEstate({ stack, cell: only, signal }: ProveOptions): Promise<Proof> {
  const secrets = vaultReader(stack);
  const cells = readCells(stack, only).map(({ cell, connection }) => ({ cell, connection, secrets, sqlDir: SQL_DIR }));
  return await prove({ stack, cells, others: only === undefined ? attacksBesideServers(stack) : [], signal });
}
