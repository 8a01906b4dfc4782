/** Schema and dedicated tenants, one after the other; their secrets are written ahead of them. */
import type { Client } from "pg";
import { TenantryError } from "../registry/errors";
import { ahead } from "./ahead";
import { renderNewHouse } from "./create-house";
import type { Failures } from "./failure";
import { ensureHouseSecret } from "./house-secret";
import type { Endpoint } from "./login-secret";
import type { ManagedTables } from "./reference";
import { foreignSchema, missingSchema, settleAccess, settleSchema } from "./settle-house";
import type { Housed, Settled } from "./steps";
import { SubAdmins } from "./sub-admins";
import type { Survey } from "./survey";
import type { TableFile } from "./table-files";
import type { SecretStore } from "./types";

/** Requests to the secret store that are under way at a time. */
const SECRETS_AHEAD = 16;

export interface HousesContext {
  readonly client: Client;
  readonly secrets: SecretStore;
  readonly endpoint: Endpoint;
  readonly failures: Failures;
  readonly files: readonly TableFile[];
}

/** Those that lose their way in come first: they wait for no secret. Gives whether the store was used with success. */
export async function settleHouses(context: HousesContext, settled: readonly Settled[]): Promise<boolean> {
  const { client, failures, files } = context;
  const ordered = [...settled.filter(({ secret }) => !secret), ...settled.filter(({ secret }) => secret)];
  let stored = false;
  const ensure = async (house: Settled) => {
    const secret = await ensureHouseSecret(context.secrets, context.endpoint, house);
    stored = stored || secret !== undefined;
    return secret;
  };
  for await (const [house, secret] of ahead(ordered, SECRETS_AHEAD, ensure)) {
    const { slug } = house.spec;
    const open = await failures.attempt(slug, async () => settleAccess(client, house, await secret));
    if (house.inspection.schemaMissing) failures.add(slug, missingSchema(house).message);
    else if (house.inspection.foreignSchema.length > 0) failures.add(slug, foreignSchema(house).message);
    else if (open && house.house.present && house.repair)
      await failures.attempt(slug, () => settleSchema(client, house, files));
  }
  return stored;
}

/** `managed`: undefined when no tables can be made, because something is wrong with their files. */
export async function createHouses(
  context: HousesContext,
  created: readonly Housed[],
  managed: ManagedTables | undefined,
  found: Survey,
): Promise<boolean> {
  const { client, failures, secrets, endpoint } = context;
  const admins = new SubAdmins(
    client,
    found.facts.subAdmins,
    found.rows.map(({ adminRole }) => adminRole),
  );
  let stored = false;
  const ensure = async (house: Housed) => {
    const secret = await ensureHouseSecret(secrets, endpoint, house);
    stored = stored || secret !== undefined;
    return secret && { ...secret, verifier: await secret.verifier() };
  };
  for await (const [house, secret] of ahead(created, SECRETS_AHEAD, ensure)) {
    await failures.attempt(house.spec.slug, async () => {
      if (!managed && house.spec.tables === "managed") {
        throw new TenantryError("TN-318", "its tables cannot be made: see the failure of the cell about sql/tenant");
      }
      const applied = await secret;
      const adminRole = await admins.take();
      const tables = managed ?? { files: [], tables: [], appendOnly: [], quotas: [] };
      await client.query(renderNewHouse(house, adminRole, tables, applied));
    });
  }
  return stored;
}
