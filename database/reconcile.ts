/** Makes a cell's database what its lines say. */
import { join } from "node:path";
import type { Client } from "pg";
import { settleCell } from "./cell";
import { type CellFacts, readCellFacts } from "./cell-facts";
import { withClient } from "./connect";
import { Failures } from "./failure";
import { createHouses, settleHouses } from "./houses";
import { pooledHere } from "./kind";
import { withLock } from "./lock";
import { type OpenedCell, openCell } from "./open-cell";
import { writePooledRows } from "./pooled-rows";
import { ensureReference, type ManagedTables } from "./reference";
import { removeTenant, unprepareTenant } from "./remove-tenant";
import { remainingDrift, renderState } from "./state";
import { decide, type Steps } from "./steps";
import { survey } from "./survey";
import { loadSqlFiles, loadTableFiles, type TableFile } from "./table-files";
import type { Connection, DesiredCell, Outcome, SecretStore } from "./types";

export interface ReconcileOptions {
  readonly connection: Connection;
  readonly desired: DesiredCell;
  readonly secrets: SecretStore;
  /** Folder with `cell/` and `tenant/`. */
  readonly sqlDir: string;
  /** How long to wait for another run, 10 s unless given. */
  readonly lockTimeoutMs?: number;
}

/**
 * One writer per cell. Each tenant stands for itself: those that fail are in `failures`, the others are done, and a second run
 * goes on where this one ended. Where all is as it should be, a handful of queries and no secret is read.
 * @throws TenantryError when nothing can be done at all: TN-301 to TN-307, TN-315, TN-318.
 */
export async function reconcile(options: ReconcileOptions): Promise<Outcome> {
  const { connection, desired, sqlDir } = options;
  const files = { cell: loadSqlFiles(join(sqlDir, "cell")), tenant: loadTableFiles(join(sqlDir, "tenant")) };
  return await withClient({ connection, cell: desired.cell, purpose: "reconcile" }, (client) =>
    withLock(client, desired.cell, options.lockTimeoutMs ?? 10_000, async () => {
      const { cell } = desired;
      const opened = await openCell(client, { cell, database: connection.database, files: files.cell });
      return await run(client, options, files.tenant, opened);
    }),
  );
}

async function run(
  client: Client,
  { connection, desired, secrets }: ReconcileOptions,
  files: readonly TableFile[],
  opened: OpenedCell,
): Promise<Outcome> {
  const failures = new Failures(client, desired.cell);
  const references = await makeReferences(client, { desired, files, ...opened }, failures);
  const housed = housedOf(desired);
  const found = await survey(client, housed, references.facts);
  const steps = decide({ desired, connection, files: references.broken ? undefined : files }, found);
  for (const { subject, reason } of steps.failures) failures.add(subject, reason);

  // Who may come in is settled first: nothing that fails below may keep a tenant from being suspended.
  if (steps.pooled.length > 0) {
    await failures.attempt("cell", () => writePooledRows(client, steps.pooled));
  }
  const houses = { client, secrets, endpoint: connection, failures, files };
  await settleHouses(houses, steps.settle);
  const changed = await settleCell(
    client,
    { desired, connection, secrets, pooled: references.pooled },
    found,
    failures,
  );
  for (const row of steps.remove) {
    await failures.attempt(row.slug, () => removeTenant(client, row, secrets));
  }
  for (const row of steps.unprepare) await failures.attempt(row.slug, () => unprepareTenant(client, row));
  await createHouses(houses, steps.create, steps.filesFit ? references.schema : undefined, found);

  const after = changed || acts(steps) ? await survey(client, housed, await readCellFacts(client)) : found;
  for (const { subject, reason } of remainingDrift(desired, after)) {
    if (!failures.has(subject)) failures.add(subject, reason);
  }
  return { state: renderState(desired.cell, connection, after), failures: failures.list };
}

const acts = ({ pooled, create, settle, remove, unprepare }: Steps): boolean =>
  [pooled, create, settle, remove, unprepare].some((list) => list.length > 0);

/** Slugs of the tenants that may have, or want, roles and a schema of their own. Those that move count, wherever to. */
const housedOf = ({ tenants }: DesiredCell): readonly string[] =>
  Object.entries(tenants)
    .filter(([, line]) => !line.startsWith("pooled ") || line.includes(" from="))
    .map(([slug]) => slug);

interface References {
  readonly facts: CellFacts;
  /** True when a file fails. */
  readonly broken: boolean;
  /** Undefined then, or when the cell has no use for it. */
  readonly pooled?: ManagedTables;
  readonly schema?: ManagedTables;
}

/** A file that fails is one failure of the cell. Tenants that need no tables are served all the same. */
async function makeReferences(
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
    ...(housedOf(desired).length > 0 ? (["schema"] as const) : []),
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
