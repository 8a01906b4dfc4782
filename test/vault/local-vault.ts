/** A local Vault for one test file, in a directory of its own. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { removeVault, startVault, type VaultAccess } from "../../local/vault/launch";
import { type Method, VaultHttp } from "../../vault/http";

export interface TestVault extends VaultAccess {
  readonly home: string;
  /** A call as the root token, or as another: status and body. */
  call(method: Method, path: string, body?: unknown, token?: string): Promise<{ status: number; body: Body }>;
  stop(): Promise<void>;
}

// biome-ignore lint/suspicious/noExplicitAny: answers are read by tests, which fail when a member is missing
type Body = any;

export async function startTestVault(): Promise<TestVault> {
  const home = mkdtempSync(join(tmpdir(), "tenantry-vault-"));
  const access = await startVault(home);
  return {
    ...access,
    home,
    call: (method, path, body, token = access.token) => {
      return new VaultHttp({ address: access.address, token }).send(method, path, body);
    },
    stop: async () => {
      await removeVault(home);
      rmSync(home, { recursive: true });
    },
  };
}

/** Mounts KV version 2 as the program does. */
export async function mountSecrets({ call }: TestVault, mount = "secret"): Promise<void> {
  await call("POST", `sys/mounts/${mount}`, { type: "kv", options: { version: "2" } });
  await call("POST", `${mount}/config`, { cas_required: true });
}
