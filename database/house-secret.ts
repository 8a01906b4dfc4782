/** The secret of a tenant's login, for a run. */
import { tenantSecretPath } from "../registry/names";
import { type Endpoint, ensureLoginSecret, type LoginSecret, renderEndpoint } from "./login-secret";
import type { Housed } from "./steps";
import type { SecretStore } from "./types";

export interface HouseSecret extends LoginSecret {
  readonly endpoint: string;
}

/** Makes sure of the secret in the store; nothing for a tenant that needs none now. */
export async function ensureHouseSecret(
  store: SecretStore,
  endpoint: Endpoint,
  { spec, pair, secret }: Housed,
): Promise<HouseSecret | undefined> {
  if (!secret) return undefined;
  const subject = { path: tenantSecretPath(spec.slug), pair, schema: spec.schema, endpoint };
  return { ...(await ensureLoginSecret(store, subject)), endpoint: renderEndpoint(endpoint) };
}
