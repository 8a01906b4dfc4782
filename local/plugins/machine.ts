/** The machine behind the plugins: one Vault and all servers, whichever stacks they are of. It outlives every command. */
import { existsSync, rmSync } from "node:fs";
import { TenantryError } from "../../registry/errors";
import { loadProject } from "../project";
import { cleanup, type ServerStatus, start, status, stop } from "../servers";
import { startVault, type VaultAccess } from "../vault/launch";
import { machineOf, removeShims, writeShims } from "./shims";

/**
 * The Vault that the stack's configuration names, and every server that was made before.
 * @throws TenantryError TN-529 when the stack's Vault is not on this machine.
 */
export async function startMachine(dir: string, projectDir: string, stack: string): Promise<VaultAccess> {
  const address = loadProject(projectDir, stack).config["tenantry:vaultAddress"];
  writeShims(dir);
  const vault = await startVault(machineOf(dir), portOf(address, stack));
  if (vault.address !== address) {
    const advice = `one directory has one Vault: write tenantry:vaultAddress: ${vault.address} in Pulumi.${stack}.yaml, or name another directory`;
    throw new TenantryError(
      "TN-529",
      `the Vault of ${dir} is ${vault.address}, and the stack ${stack} asks for ${address}; ${advice}`,
    );
  }
  await start(machineOf(dir));
  return vault;
}

export const machineStatus = (dir: string): readonly ServerStatus[] => status(existing(dir));

export const stopMachine = (dir: string): Promise<readonly ServerStatus[]> => stop(existing(dir));

/** Ends everything and removes it, the shims too: what a stack still has there is lost. */
export async function removeMachine(dir: string): Promise<void> {
  const home = existing(dir);
  await cleanup({ stack: "", home, progress: () => undefined });
  rmSync(home, { recursive: true, force: true });
  removeShims(dir);
}

function existing(dir: string): string {
  const home = machineOf(dir);
  if (existsSync(home)) return home;
  throw new TenantryError("TN-529", `${dir} has no plugins; \`npm run plugins -- ${dir}\` writes them`);
}

function portOf(address: string | undefined, stack: string): number {
  const url = address !== undefined && URL.canParse(address) ? new URL(address) : undefined;
  if (url?.protocol === "http:" && url.hostname === "127.0.0.1" && url.port !== "") return Number(url.port);
  const advice = `write tenantry:vaultAddress: http://127.0.0.1:8200 in Pulumi.${stack}.yaml, or another port`;
  throw new TenantryError(
    "TN-529",
    `the stack ${stack} has its Vault at ${address ?? "no address"}, not on this machine; ${advice}`,
  );
}
