/** The schema whose tables hold the rows of all pooled tenants. */
import type { Client } from "pg";
import { TenantryError } from "../registry/errors";
import { CELL_ROLES, POOLED_SCHEMA } from "../registry/names";
import { renderPooledGuard } from "./guard";
import { pendingFiles } from "./ledger";
import { lookUpsOf } from "./look-up";
import { typeLookUps } from "./look-up-types";
import { appendOnlyOf, type ManagedTables, quotasOf } from "./reference";
import { renderLaterFiles, renderLedger, renderSchema } from "./schema-text";
import type { Survey } from "./survey";
import { readTables } from "./tables";
import { markOf } from "./tenant-roles";

/**
 * Makes the schema, brings it to the files, and its protection to what it should be; one transaction. Does nothing where all
 * is right. @throws TenantryError TN-307 for a changed file, TN-309 when the schema was there and is gone.
 */
export async function settlePooled(
  client: Client,
  managed: ManagedTables,
  { facts, drifts }: Survey,
): Promise<boolean> {
  const ledger = facts.ledgers[POOLED_SCHEMA] ?? "";
  const pending = pendingFiles("tenant", managed.files, ledger);
  if (!facts.pooled && ledger !== "") {
    throw new TenantryError(
      "TN-309",
      `schema ${POOLED_SCHEMA} is missing, and is not made again empty, which would hide the loss: restore it from a backup`,
    );
  }
  if (facts.pooled && pending.length === 0 && !drifts.has(POOLED_SCHEMA)) return false;
  await client.query("begin");
  if (!facts.pooled) await client.query(renderSchema(POOLED_SCHEMA, markOf(POOLED_SCHEMA)));
  if (pending.length > 0) {
    await client.query(`${renderLaterFiles(POOLED_SCHEMA, pending)};\n${renderLedger(POOLED_SCHEMA, pending)}`);
  }
  const tables = await readTables(client, POOLED_SCHEMA);
  const guarded = {
    schema: POOLED_SCHEMA,
    tables,
    appendOnly: appendOnlyOf(managed.files),
    quotas: quotasOf(managed.files),
    lookUps: await typeLookUps(client, POOLED_SCHEMA, lookUpsOf(managed.files)),
    fresh: !facts.pooled,
  };
  await client.query(
    `set local role ${CELL_ROLES.owner};\n${renderPooledGuard(guarded)};\nset local role none;\ncommit`,
  );
  return true;
}
