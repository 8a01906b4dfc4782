/** Starts and stops the process of the local Vault. It outlives the command that starts it. */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { join } from "node:path";
import { TenantryError } from "../../registry/errors";
import { errorCode } from "../errors";
import { DAMAGED } from "../private-file";
import { waitForEnd } from "../process";
import { isVaultRunning, readVault, vaultDir } from "./files";

export interface VaultAccess {
  readonly address: string;
  readonly token: string;
}

const PROBE_MS = 3_000;
const STOP_MS = 5_000;

/** Address and root token of the Vault that was started last, running or not. */
export function findVault(home: string): VaultAccess | undefined {
  const record = readVault(dirOf(home));
  return record && { address: `http://127.0.0.1:${record.port}`, token: record.rootToken };
}

/** Starts it unless it runs and answers. `port`: to listen on and no other. @default any that is free @throws TenantryError TN-525. */
export async function startVault(home: string, port?: number): Promise<VaultAccess> {
  mkdirSync(vaultDir(home), { recursive: true, mode: 0o700 });
  const dir = dirOf(home);
  if (isVaultRunning(dir) && !(await answers(home))) await stopVault(home);
  if (!isVaultRunning(dir)) await launch(dir, port);
  const access = findVault(home);
  if (!access) throw new TenantryError("TN-525", `the local Vault started without writing ${dir}/vault.json`);
  return access;
}

/** Does nothing when it does not run. @throws TenantryError TN-525 when it does not end. */
export async function stopVault(home: string): Promise<void> {
  const dir = dirOf(home);
  const pid = readVault(dir)?.pid;
  if (pid === undefined || !isVaultRunning(dir)) return;
  process.kill(pid, "SIGTERM");
  if (await waitForEnd(pid, dir, STOP_MS)) return;
  throw new TenantryError("TN-525", `the local Vault (process ${pid}) does not end; kill it`);
}

/** Ends it and removes all that it holds. */
export async function removeVault(home: string): Promise<void> {
  const dir = dirOf(home);
  const pid = findProcess(dir);
  if (pid !== undefined) {
    process.kill(pid, "SIGKILL");
    await waitForEnd(pid, dir, STOP_MS);
  }
  rmSync(dir, { recursive: true, force: true });
}

/** Undefined also when its record is damaged: such a process ends by itself, once its directory is gone. */
function findProcess(dir: string): number | undefined {
  try {
    return isVaultRunning(dir) ? readVault(dir)?.pid : undefined;
  } catch (error) {
    if (errorCode(error) === DAMAGED) return undefined;
    throw error;
  }
}

/** One spelling of the directory: the process is recognised by it. */
function dirOf(home: string): string {
  return existsSync(home) ? vaultDir(realpathSync(home)) : vaultDir(home);
}

async function answers(home: string): Promise<boolean> {
  const address = findVault(home)?.address;
  try {
    const { ok } = await fetch(`${address}/v1/sys/health`, { signal: AbortSignal.timeout(PROBE_MS) });
    return ok;
  } catch {
    return false; // whatever hinders it: it is started anew
  }
}

async function launch(dir: string, port: number | undefined): Promise<void> {
  const log = openSync(join(dir, "vault.log"), "w", 0o600);
  const fixed = port === undefined ? [] : [String(port)];
  const args = ["--require", require.resolve("tsx/cjs"), join(__dirname, "main.ts"), dir, ...fixed];
  const child = spawn(process.execPath, args, { detached: true, cwd: "/", stdio: ["ignore", log, log, "ipc"] });
  closeSync(log);
  try {
    await listening(child);
  } catch (error) {
    const said = readFileSync(join(dir, "vault.log"), "utf8").trim().split("\n").slice(-3).join("; ");
    throw new TenantryError("TN-525", `the local Vault does not start: ${said || (error as Error).message}`);
  } finally {
    if (child.connected) child.disconnect();
    child.unref();
  }
}

function listening(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once("message", () => resolve());
    child.once("error", reject);
    child.once("exit", (code, signal) => reject(new Error(`it ended with ${code ?? signal}`)));
  });
}
