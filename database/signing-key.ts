/** The key that signs a cell's contexts: read from the store, accepted by the database. */
import type { Client } from "pg";
import { TenantryError } from "../registry/errors";
import { contextPads } from "./context-key";
import type { SecretStore } from "./types";

export interface SigningKey {
  readonly kid: string;
  /** 32 bytes as hex. */
  readonly key: string;
}

export interface HeldKey extends SigningKey {
  readonly version: number;
}

/** @throws TenantryError TN-316 for a secret that is no key. */
export async function readKey(store: SecretStore, path: string): Promise<HeldKey | undefined> {
  const held = await store.read(path);
  if (!held) return undefined;
  const { kid, key } = held.data;
  if (kid !== undefined && key !== undefined) return { kid, key, version: held.version };
  throw new TenantryError("TN-316", `${path} has no \`kid\` and \`key\`; remove it to have a new one drawn`);
}

/** Contexts that are signed with it are accepted from now on, without an end. The key goes as parameters, which no log has. */
export async function acceptKey(client: Client, { kid, key }: SigningKey): Promise<void> {
  const { inner, outer } = contextPads(key);
  await client.query(
    `insert into tenantry.keys (kid, inner_pad, outer_pad) values ($1, $2, $3)
     on conflict (kid) do update set inner_pad = excluded.inner_pad, outer_pad = excluded.outer_pad, not_after = null
       where keys.inner_pad <> excluded.inner_pad or keys.not_after is not null`,
    [kid, inner, outer],
  );
}
