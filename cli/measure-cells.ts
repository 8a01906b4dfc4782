/** Storage measured over the cells of an estate: once, or again and again until it is told to stop. */
import { join } from "node:path";
import type { Client } from "pg";
import { signContext } from "../client/context";
import { withClient } from "../database/connect";
import { measureStorage, type WithPooledReader } from "../database/measure-storage";
import { reasonOf } from "../database/reason";
import { quotasOf } from "../database/reference";
import { loadTableFiles } from "../database/table-files";
import type { SecretStore } from "../database/types";
import type { CellInputs } from "../provider/inputs";
import { TenantryError } from "../registry/errors";
import { type CellSecretKind, cellSecretPath } from "../registry/names";
import { pause } from "./pause";

export type MeasuredCell = Pick<CellInputs, "cell" | "connection">;

export interface MeasuringWith {
  /** Holds the login of each cell's reader and its signing key. */
  readonly secrets: Pick<SecretStore, "read">;
  /** Holds the folder `tenant`, whose files declare the quotas. */
  readonly sqlDir: string;
}

export interface Measuring extends MeasuringWith {
  /** The cells as the estate has them now. */
  readonly cells: () => readonly MeasuredCell[];
  /** Hears of a cell that could not be measured, and why. */
  readonly onFailure: (cell: string, reason: string) => void;
}

/** Gives how many tenants were measured. `client`: a session of the cell's admin. @throws TenantryError TN-603 for a cell with pooled tenants without their secrets. */
export async function measureCell(
  client: Client,
  { cell, connection }: MeasuredCell,
  { secrets, sqlDir }: MeasuringWith,
  stop?: AbortSignal,
): Promise<number> {
  const withReader: WithPooledReader = async (use) => {
    const { username, password } = await read(secrets, cell, "reader", ["username", "password"]);
    const key = await read(secrets, cell, "context", ["kid", "key"]);
    const contextOf = (tenantId: string) => signContext(key, tenantId, { expiresInSeconds: CONTEXT_SECONDS });
    const target = { connection: { ...connection, username, password }, cell, purpose: "measure" };
    return await withClient(target, (reader) => use({ client: reader, contextOf }));
  };
  const quotas = quotasOf(loadTableFiles(join(sqlDir, "tenant")));
  return await measureStorage(client, quotas, withReader, stop && { stop });
}

/** No statement of a session runs for longer. */
const CONTEXT_SECONDS = 600;

/** Every cell at once, and then again, `intervalMs` after it was done. What fails is told once, however long it lasts. */
export async function measureCells(measuring: Measuring, intervalMs: number, stop: AbortSignal): Promise<void> {
  await Promise.all(measuring.cells().map(({ cell }) => measureAgain(cell, measuring, intervalMs, stop)));
}

async function measureAgain(cell: string, measuring: Measuring, intervalMs: number, stop: AbortSignal): Promise<void> {
  let told: string | undefined;
  while (!stop.aborted) {
    try {
      const found = measuring.cells().find((one) => one.cell === cell);
      if (!found) throw new Error("the estate has it no more");
      const target = { connection: found.connection, cell, purpose: "measure" };
      await withClient(target, (client) => measureCell(client, found, measuring, stop));
      told = undefined;
    } catch (error) {
      const reason = reasonOf(error);
      if (!stop.aborted && reason !== told) measuring.onFailure(cell, reason);
      told = reason;
    }
    await pause(intervalMs, stop);
  }
}

async function read<Key extends string>(
  secrets: Pick<SecretStore, "read">,
  cell: string,
  kind: CellSecretKind,
  keys: readonly Key[],
): Promise<Readonly<Record<Key, string>>> {
  const path = cellSecretPath(cell, kind);
  const data: Partial<Record<string, string>> = (await secrets.read(path))?.data ?? {};
  const holds = (values: Partial<Record<string, string>>): values is Record<Key, string> =>
    keys.every((each) => values[each]);
  if (holds(data)) return data;
  throw new TenantryError(
    "TN-603",
    `Vault has no ${keys.join(" and ")} at ${path}, without which pooled tenants are not measured; run \`npm run up\` (or ` +
      "`pulumi up`), which writes it",
  );
}
