/** The files by which the local Vault and the commands that use it know each other. */
import { join } from "node:path";
import { readJson, writePrivate } from "../private-file";
import { runsWith } from "../process";

/** No process has this id: the Vault was stopped, and did not die. */
export const STOPPED = 0;

export interface VaultRecord {
  readonly pid: number;
  /** Kept over restarts while it is free. */
  readonly port: number;
  readonly rootToken: string;
}

export const vaultDir = (home: string): string => join(home, "vault");

/** The Vault that was started here last, running or not. */
export function readVault(dir: string): VaultRecord | undefined {
  return readJson(join(dir, "vault.json")) as VaultRecord | undefined; // written below alone
}

export function writeVault(dir: string, record: VaultRecord): void {
  writePrivate(join(dir, "vault.json"), JSON.stringify(record));
}

/** Its process has the directory as an argument. */
export function isVaultRunning(dir: string): boolean {
  return runsWith(readVault(dir)?.pid ?? STOPPED, dir);
}
