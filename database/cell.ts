/** What a cell has once is made what it should be: its name, plans, roles, secrets, pooled schema. */
import { type Client, escapeIdentifier } from "pg";
import { cellFaults } from "./cell-objects";
import { leftOpen } from "./cell-roles";
import { ALL_SECRETS, applyCellSecrets, pendingSecrets } from "./cell-secrets";
import type { Failures } from "./failure";
import { pooledHere } from "./kind";
import { renderEndpoint } from "./login-secret";
import { settlePooled } from "./pooled-schema";
import type { ManagedTables } from "./reference";
import { endSessionsForGood } from "./sessions";
import type { Survey } from "./survey";
import type { Connection, DesiredCell, SecretStore } from "./types";

/** Gives whether anything was done. */
export async function settleCell(
  client: Client,
  wanted: {
    readonly desired: DesiredCell;
    readonly connection: Connection;
    /** Undefined when a file fails. */
    readonly pooled: ManagedTables | undefined;
  },
  found: Survey,
  failures: Failures,
): Promise<boolean> {
  const { desired, connection, pooled } = wanted;
  const { facts } = found;
  const faults = Object.values(cellFaults(facts, found.roles)).flat();
  const database = escapeIdentifier(connection.database);
  let changed = false;
  const act = async (work: () => Promise<void>) => {
    changed = true;
    await failures.attempt("cell", work);
  };

  if (facts.cell === null || !samePlans(facts.plans, desired.plans)) await act(() => note(client, wanted));
  for (const { sql } of faults) {
    await act(async () => {
      await client.query(sql.replaceAll("{database}", () => database));
    });
  }
  await endSessionsForGood(client, leftOpen(facts.rotations, found.roles));
  if (pooled && pooledHere(desired, found.rows)) {
    await failures.attempt("cell", async () => {
      changed = (await settlePooled(client, pooled, found)) || changed;
    });
  }
  return changed;
}

/** Gives whether anything was done. `storeUsed`: the run has used the store with success. */
export async function settleCellSecrets(
  client: Client,
  wanted: {
    readonly desired: DesiredCell;
    readonly connection: Connection;
    readonly secrets: SecretStore;
    readonly storeUsed: boolean;
  },
  { facts, rows }: Survey,
  failures: Failures,
): Promise<boolean> {
  const { desired, connection, secrets: store, storeUsed } = wanted;
  if (!pooledHere(desired, rows)) return false;
  const kinds = storeUsed ? ALL_SECRETS : pendingSecrets(facts, connection);
  if (kinds.length === 0) return false;
  const applied = { facts, endpoint: connection, store };
  await failures.attempt("cell", () => applyCellSecrets(client, desired.cell, kinds, applied));
  return true;
}

async function note(
  client: Client,
  { desired, connection }: { readonly desired: DesiredCell; readonly connection: Connection },
): Promise<void> {
  await client.query(
    `with noted as (
       insert into tenantry.cell (name, endpoint) values ($1, $2) on conflict do nothing
     ), gone as (
       delete from tenantry.plans where not $3::jsonb ? name
     )
     insert into tenantry.plans (name, line) select key, value from jsonb_each_text($3::jsonb)
     on conflict (name) do update set line = excluded.line`,
    [desired.cell, renderEndpoint(connection), JSON.stringify(desired.plans)],
  );
}

const samePlans = (one: Readonly<Record<string, string>>, other: Readonly<Record<string, string>>): boolean =>
  Object.keys(one).length === Object.keys(other).length &&
  Object.entries(other).every(([name, line]) => one[name] === line);
