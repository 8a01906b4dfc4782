/** The key that signs a cell's contexts is rotated: two are accepted until contexts that the old one signed are over. */
import type { Client } from "pg";
import { cellSecretPath } from "../registry/names";
import type { CellFacts } from "./cell-facts";
import { drawKey, FIRST_KID, KEY_SUBJECT } from "./context-key";
import type { Begun } from "./rotate-login";
import { renderClosed, renderNamed, renderOffered } from "./rotation";
import { acceptKey, readKey } from "./signing-key";
import type { SecretStore } from "./types";

/**
 * The longest life of a context that the client (150 s unless it is told otherwise) or `tenantry secret` (300 s) signs: whoever
 * took the old key at the last moment still has it accepted for that long.
 */
const CONTEXT_LIFE_MS = 300_000;

/** What is told of it; no slug has a space. */
export const KEY_NAME = "signing key";

/**
 * The order is that of logins: accepted, named by the store, noted. A key of before is removed by the run after its end. Without a
 * drain, a rotation that is under way is no reason to wait: the key that it brought may be the one that leaked.
 * @throws whatever the store throws; TenantryError TN-316 for a secret that is no key.
 */
export async function rotateKey(
  client: Client,
  { cell, facts, store, drainMs }: { cell: string; facts: CellFacts; store: SecretStore; drainMs: number },
): Promise<Begun> {
  const path = cellSecretPath(cell, "context");
  const rotation = facts.rotations[KEY_SUBJECT];
  const held = await readKey(store, path);
  const from = rotation?.named ?? held?.kid ?? FIRST_KID;
  if (rotation?.closing && rotation.opensMs > 0 && drainMs > 0) {
    return { name: KEY_NAME, from: await expiring(client), to: from, resumed: true, opensMs: rotation.opensMs };
  }
  await client.query(
    `delete from tenantry.keys where not_after <= statement_timestamp(); ${renderClosed(KEY_SUBJECT)}`,
  );
  const resumed = held !== undefined && rotation?.next === held.kid;
  const next = resumed ? held : { kid: await nextKid(client, from), key: drawKey() };
  const opensMs = drainMs + CONTEXT_LIFE_MS;
  await client.query(renderOffered(KEY_SUBJECT, from, next.kid, opensMs));
  await acceptKey(client, next);
  if (!resumed) await store.write(path, { kid: next.kid, key: next.key }, held?.version ?? 0);
  // Whatever else is accepted goes: the key of before, and any that a run left which was killed before the store had it.
  await client.query(["begin", renderNamed(KEY_SUBJECT), EXPIRE_OTHERS, "commit"].join(";\n"));
  return { name: KEY_NAME, from, to: next.kid, resumed, opensMs };
}

const EXPIRE_OTHERS = `update tenantry.keys set not_after = r.closes_at from tenantry.rotations r
  where r.subject = '${KEY_SUBJECT}' and keys.kid <> r.named and (keys.not_after is null or keys.not_after > r.closes_at)`;

async function expiring(client: Client): Promise<string> {
  const { rows } = await client.query<{ kids: string }>(
    "select coalesce(string_agg(kid, ', ' order by kid), 'none') as kids from tenantry.keys where not_after > statement_timestamp()",
  );
  return rows[0]?.kids ?? "none";
}

/** `k1`, `k2` and so on, higher than any that is known. */
async function nextKid(client: Client, named: string): Promise<string> {
  const { rows } = await client.query<{ highest: string }>(
    `select coalesce(max(substring(kid from '^k([0-9]{1,9})$')::int), 0) as highest
       from (select kid from tenantry.keys union all select $1) known (kid)`,
    [named],
  );
  return `k${Number(rows[0]?.highest ?? 0) + 1}`;
}
