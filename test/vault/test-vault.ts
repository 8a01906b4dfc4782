/**
 * A Vault for one test file: the local one, in a directory of its own. With TENANTRY_TEST_VAULT_ADDR and
 * TENANTRY_TEST_VAULT_TOKEN (which may do everything) the server that runs there: Vault, or OpenBao, for tests alone.
 */
import { randomBytes, randomInt } from "node:crypto";
import { rmSync } from "node:fs";
import { createServer } from "node:net";
import { removeVault, startVault, type VaultAccess } from "../../local/vault/launch";
import { type Method, VaultHttp } from "../../vault/http";
import { makeTempDir } from "../temp-dir";

export interface TestVault extends VaultAccess {
  /** A call as the root token, or as another: status and body. */
  call(method: Method, path: string, body?: unknown, token?: string): Promise<{ status: number; body: Body }>;
  stop(): Promise<void>;
}

export interface LocalVault extends TestVault {
  readonly home: string;
}

export interface TestMount extends TestVault {
  /** Path of a KV version 2 engine that is this file's own. */
  readonly mount: string;
}

// biome-ignore lint/suspicious/noExplicitAny: answers are read by tests, which fail when a member is missing
type Body = any;

/** The local Vault, whatever the environment says: for tests of the local Vault itself. */
export async function startLocalVault(): Promise<LocalVault> {
  const home = makeTempDir("tenantry-vault-");
  const access = await startVault(home, await quietPort());
  return {
    ...testVault(access),
    home,
    stop: async () => {
      await removeVault(home);
      rmSync(home, { recursive: true });
    },
  };
}

/** Below the ports that systems hand out to whoever asks: no connection of another test has it while the Vault is stopped. */
async function quietPort(): Promise<number> {
  const port = randomInt(20_000, 32_000);
  const isFree = await new Promise<boolean>((resolve) => {
    const probe = createServer().once("error", () => resolve(false));
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
  });
  return isFree ? port : quietPort();
}

/** KV version 2, mounted as the program does it, in the local Vault or in the one that the environment names. */
export async function startTestVault(): Promise<TestMount> {
  const { TENANTRY_TEST_VAULT_ADDR: address, TENANTRY_TEST_VAULT_TOKEN: token = "" } = process.env;
  const vault = address === undefined ? await startLocalVault() : testVault({ address, token });
  const mount = `secret-${randomBytes(4).toString("hex")}`;
  await mountSecrets(vault, mount);
  return {
    ...vault,
    mount,
    stop: async () => {
      await vault.call("DELETE", `sys/mounts/${mount}`);
      await vault.stop();
    },
  };
}

/** Mounts KV version 2 as the program does, once it is ready: a real server upgrades a new mount for a moment. */
export async function mountSecrets({ call }: TestVault, mount = "secret"): Promise<void> {
  await call("POST", `sys/mounts/${mount}`, { type: "kv", options: { version: "2" } });
  await call("POST", `${mount}/config`, { cas_required: true });
}

function testVault(access: VaultAccess): TestVault {
  const { address, token: root } = access;
  return {
    ...access,
    call: (method, path, body, token = root) => new VaultHttp({ address, token }).send(method, path, body),
    stop: async () => {},
  };
}
