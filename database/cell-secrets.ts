/** Passwords of a cell's own logins, and the key that signs contexts. Store first, then database. */
import { randomBytes } from "node:crypto";
import { type Client, escapeIdentifier, escapeLiteral } from "pg";
import { TenantryError } from "../registry/errors";
import { CELL_ROLES, type CellSecretKind, cellSecretPath, POOLED_SCHEMA } from "../registry/names";
import type { CellFacts } from "./cell-facts";
import { contextPads } from "./context-key";
import { type Endpoint, ensureLoginSecret, renderEndpoint } from "./login-secret";
import type { SecretStore } from "./types";

const LOGINS = ["app", "migrator", "reader", "pooler"] as const satisfies readonly CellSecretKind[];

/** The secrets that are still to be applied: all of them once the cell's address has changed. */
export function pendingSecrets(facts: CellFacts, endpoint: Endpoint): readonly CellSecretKind[] {
  const moved = facts.cell?.endpoint !== renderEndpoint(endpoint);
  const logins = LOGINS.filter((kind) => moved || facts.cell?.secrets[CELL_ROLES[kind]] === undefined);
  return facts.signing ? logins : [...logins, "context"];
}

/** For a run that uses the store anyway: whatever is missing there, since somebody wiped it, is drawn anew. */
export const ALL_SECRETS: readonly CellSecretKind[] = [...LOGINS, "context"];

/** Applies these secrets. Each is noted when it is done, so that a run that is killed goes on with the next. */
export async function applyCellSecrets(
  client: Client,
  cell: string,
  kinds: readonly CellSecretKind[],
  { facts, endpoint, store }: { facts: CellFacts; endpoint: Endpoint; store: SecretStore },
): Promise<void> {
  for (const kind of kinds) {
    if (kind === "context") await applyKey(client, store, cellSecretPath(cell, kind));
    else
      await applyLogin(client, { store, endpoint, path: cellSecretPath(cell, kind), login: CELL_ROLES[kind] }, facts);
  }
  // Last: a run that ends before is finished by the next, which finds the old address.
  await client.query("update tenantry.cell set endpoint = $1 where endpoint <> $1", [renderEndpoint(endpoint)]);
}

async function applyLogin(
  client: Client,
  { store, ...subject }: { store: SecretStore; endpoint: Endpoint; path: string; login: string },
  facts: CellFacts,
): Promise<void> {
  const { login } = subject;
  const { fingerprint, verifier } = await ensureLoginSecret(store, { ...subject, schema: POOLED_SCHEMA });
  if (facts.cell?.secrets[login] === fingerprint) return;
  const noted = escapeLiteral(JSON.stringify({ [login]: fingerprint }));
  await client.query(
    [
      "begin",
      `alter role ${escapeIdentifier(login)} password ${escapeLiteral(await verifier())}`,
      `update tenantry.cell set secrets = secrets || ${noted}::jsonb`,
      "commit",
    ].join(";\n"),
  );
}

async function applyKey(client: Client, store: SecretStore, path: string): Promise<void> {
  const held = await store.read(path);
  const { kid, key } = held?.data ?? {};
  const usable = kid !== undefined && key !== undefined;
  if (held && !usable)
    throw new TenantryError("TN-316", `${path} has no \`kid\` and \`key\`; remove it to have a new one drawn`);
  const drawn = usable ? { kid, key } : { kid: "k1", key: randomBytes(32).toString("hex") };
  if (!usable) await store.write(path, drawn, 0);
  const { inner, outer } = contextPads(drawn.key);
  await client.query(
    `insert into tenantry.keys (kid, inner_pad, outer_pad) values ($1, $2, $3)
     on conflict (kid) do update set inner_pad = excluded.inner_pad, outer_pad = excluded.outer_pad, not_after = null
       where keys.inner_pad <> excluded.inner_pad or keys.not_after is not null`,
    [drawn.kid, inner, outer],
  );
}
