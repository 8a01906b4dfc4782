/** Makes a cell's database what its lines say. */
import { join } from "node:path";
import type { Client } from "pg";
import { settleCell, settleCellSecrets } from "./cell";
import { readCellFacts } from "./cell-facts";
import { withClient } from "./connect";
import { Failures } from "./failure";
import { withoutHolders } from "./holders";
import { createHouses, settleHouses } from "./houses";
import { housedIn } from "./kind";
import { withLock } from "./lock";
import { makeReferences } from "./make-references";
import { type OpenedCell, openCell } from "./open-cell";
import { writePooledRows } from "./pooled-rows";
import { removeProbeTenants } from "./probe-tenants";
import { quotasOf } from "./reference";
import { removeTenant, unprepareTenant } from "./remove-tenant";
import { endSessionsForGood } from "./sessions";
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
      const opened = await openCell(client, { cell, files: files.cell, quotas: quotasOf(files.tenant) });
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
  const failures = new Failures(client);
  const references = await makeReferences(client, { desired, files, ...opened }, failures);
  const housed = housedIn(desired);
  const found = await withoutHolders(client, () => survey(client, housed, references.facts));
  const steps = decide({ desired, connection, files: references.broken ? undefined : files }, found);
  for (const { subject, reason } of steps.failures) failures.add(subject, reason);

  // Who may come in is settled first: nothing that fails below may keep a tenant from being suspended.
  await writePooledRows(client, steps.pooled, failures);
  const houses = { client, secrets, endpoint: connection, failures, files };
  const settled = await settleHouses(houses, steps.settle);
  await endSessionsForGood(
    client,
    steps.settle.flatMap(({ inspection }) => inspection.closing),
  );
  const changed = await settleCell(client, { desired, connection, pooled: references.pooled }, found, failures);
  for (const row of steps.remove) {
    await failures.attempt(row.slug, () => removeTenant(client, row, secrets));
  }
  if (found.probes.length > 0) await failures.attempt("cell", () => removeProbeTenants(client, found.probes));
  for (const row of steps.unprepare) await failures.attempt(row.slug, () => unprepareTenant(client, row));
  const created = await createHouses(houses, steps.create, steps.filesFit ? references.schema : undefined, found);
  const cellSecrets = { desired, connection, secrets, storeUsed: settled || created };
  const secured = await settleCellSecrets(client, cellSecrets, found, failures);

  const after = changed || secured || acts(steps) ? await survey(client, housed, await readCellFacts(client)) : found;
  const state = renderState(desired.cell, connection, after);
  for (const { subject, reason } of remainingDrift(desired, state)) {
    if (!failures.has(subject)) failures.add(subject, reason);
  }
  return { state, failures: failures.list };
}

const acts = ({ pooled, create, settle, remove, unprepare }: Steps): boolean =>
  [pooled, create, settle, remove, unprepare].some((list) => list.length > 0);
