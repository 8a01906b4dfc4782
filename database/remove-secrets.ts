/** Secrets are removed where they are this cell's own. One path may be another cell's by now: a tenant that moved keeps its path. */
import { cellSecretPath, tenantSecretPath } from "../registry/names";
import { housedIn } from "./kind";
import { type Endpoint, renderEndpoint } from "./login-secret";
import type { Connection, DesiredCell, Secret, SecretStore } from "./types";

/** `endpoint`: what the cell wrote into it. All versions go, also those of a secret whose last version somebody deleted. */
export async function removeOwnSecret(store: SecretStore, path: string, endpoint: string): Promise<void> {
  const held = await store.read(path);
  if (!held || isAt(held, endpoint)) await store.remove(path);
}

/** For a cell that goes: the secrets of its tenants' logins, of its own logins, and the key that signs contexts. */
export async function removeCellSecrets(
  desired: DesiredCell & { readonly connection: Connection },
  store: SecretStore,
): Promise<void> {
  const endpoint = renderEndpoint(desired.connection);
  const housed = housedIn(desired).map(({ slug }) => removeOwnSecret(store, tenantSecretPath(slug), endpoint));
  await Promise.all(housed);
  const app = cellSecretPath(desired.cell, "app");
  const held = await store.read(app);
  if (!held || !isAt(held, endpoint)) return;
  const others = (["context", "migrator", "reader", "pooler"] as const).map((kind) =>
    cellSecretPath(desired.cell, kind),
  );
  await Promise.all(others.map((path) => store.remove(path)));
  // Last: it alone tells a run that comes after one that was killed whose the others are.
  await store.remove(app);
}

function isAt({ data }: Secret, endpoint: string): boolean {
  const { host = "", port, database = "", sslmode } = data;
  const at: Endpoint = {
    host,
    port: Number(port),
    database,
    sslmode: sslmode === "disable" ? "disable" : "verify-full",
  };
  return renderEndpoint(at) === endpoint;
}
