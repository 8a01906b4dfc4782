/** The Vault of a run. Its token comes from the environment: as an input, each new token would make every cell differ. */
import type { SecretStore } from "../database/types";
import { VaultKv } from "../vault/kv";

export type OpenStore = (vault: { readonly address: string; readonly mount: string }) => SecretStore;

/** Opened with the first secret: a run that needs none, such as one that suspends a tenant, needs no Vault and no token. */
export const openVault: OpenStore = (vault) => {
  let opened: VaultKv | undefined;
  const kv = () => {
    opened ??= new VaultKv({ ...vault, token: process.env.VAULT_TOKEN ?? "", ...namespace() });
    return opened;
  };
  return {
    read: async (path) => await kv().read(path),
    write: async (path, data, cas) => await kv().write(path, data, cas),
    remove: async (path) => await kv().remove(path),
  };
};

const namespace = () => (process.env.VAULT_NAMESPACE ? { namespace: process.env.VAULT_NAMESPACE } : {});
