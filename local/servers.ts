/** What runs on this machine for a stack: its PostgreSQL servers and its Vault. They outlive the commands. */
import { existsSync, realpathSync, rmSync } from "node:fs";
import { join } from "node:path";
import {
  type InstanceRecord,
  instanceState,
  listIdentifiers,
  listInstances,
  removeInstance,
  startInstance,
  stopInstance,
} from "./postgres/instance";
import type { ServerState } from "./postgres/lock-file";
import type { LocalContext, Prepared } from "./provider";
import { isVaultRunning, readVault, STOPPED, vaultDir } from "./vault/files";
import { findVault, removeVault, startVault, stopVault, type VaultAccess } from "./vault/launch";

export interface ServerStatus {
  /** The server's identifier, or `vault`. */
  readonly name: string;
  readonly kind: "postgres" | "vault";
  readonly running: boolean;
  /** `dead`: it ended without being stopped. */
  readonly state: ServerState;
  readonly port: number;
  readonly pid?: number;
}

/** Told what is being done: name of the server, one line. */
export type Progress = (name: string, message: string) => void;

/** All servers of the stack, by name, then its Vault. */
export function status(home: string): readonly ServerStatus[] {
  const servers = listInstances(home).map((record) => serverStatus(home, record));
  const vault = vaultStatus(home);
  return vault ? [...servers, vault] : servers;
}

/** Starts what does not run. @throws TenantryError TN-520 to TN-525 of the first that does not start, after trying all. */
export async function start(home: string, progress: Progress = () => {}): Promise<readonly ServerStatus[]> {
  const failures = await startServers(home, progress);
  if (findVault(home)) await startVault(home);
  if (failures[0]) throw failures[0].error;
  return status(home);
}

/** Stops everything; data stays. */
export async function stop(home: string): Promise<readonly ServerStatus[]> {
  await Promise.all(listInstances(home).map((record) => stopInstance(home, record)));
  await stopVault(home);
  return status(home);
}

/**
 * Before up, refresh and destroy: the Vault runs, and so do the servers of earlier runs. A server that does not start is told
 * and left to its resource, whose update fails: the other cells go on.
 */
export async function prepare({ home, progress }: LocalContext): Promise<Prepared> {
  const vault = await startVault(home);
  const failures = await startServers(home, (_name, message) => progress("", message));
  for (const { name, error } of failures) progress("", `${name}: ${error.message}`);
  return preparedWith(vault);
}

/** Before preview: what the last `prepare` left, running or not. Says what does not run: its resource differs by that alone. */
export async function preparePreview({ home, progress }: LocalContext): Promise<Prepared> {
  for (const record of listInstances(home)) {
    const { state } = instanceState(home, record.identifier);
    if (state !== "running")
      progress("", `PostgreSQL ${record.major} of ${record.identifier} is ${state}: up starts it`);
  }
  return preparedWith(findVault(home));
}

/** At the end of a destroy, also of one that can read nothing of this: nothing runs and nothing is left, of killed runs neither. */
export async function cleanup({ home }: LocalContext): Promise<void> {
  await Promise.all(listIdentifiers(home).map((identifier) => removeInstance(home, identifier)));
  await removeVault(home);
  for (const dir of ["servers", "parameter-groups", "binaries"]) {
    rmSync(join(home, dir), { recursive: true, force: true, maxRetries: 5 });
  }
}

interface StartFailure {
  readonly name: string;
  readonly error: Error;
}

/** Read replicas last: one that runs already is told where its source is now. */
async function startServers(home: string, progress: Progress): Promise<readonly StartFailure[]> {
  const down = listInstances(home).filter((record) => record.replicaOf === undefined && !isRunning(home, record));
  const results = await Promise.all(down.map((record) => tryStart(home, record, progress)));
  const replicas = listInstances(home).filter(({ replicaOf }) => replicaOf !== undefined);
  const followers = await Promise.all(replicas.map((record) => tryStart(home, record, progress)));
  return [...results, ...followers].filter((failure) => failure !== undefined);
}

const isRunning = (home: string, { identifier }: InstanceRecord): boolean =>
  instanceState(home, identifier).state === "running";

async function tryStart(home: string, record: InstanceRecord, progress: Progress): Promise<StartFailure | undefined> {
  const { identifier, major } = record;
  const { state } = instanceState(home, identifier);
  const why = state === "dead" ? "it had died" : "it was stopped";
  if (state !== "running") progress(identifier, `starting PostgreSQL ${major} of ${identifier}: ${why}`);
  try {
    await startInstance(home, record);
    return undefined;
  } catch (error) {
    return { name: identifier, error: error instanceof Error ? error : new Error(String(error)) };
  }
}

function serverStatus(home: string, { identifier, port }: InstanceRecord): ServerStatus {
  const { state, running } = instanceState(home, identifier);
  return {
    name: identifier,
    kind: "postgres",
    state,
    running: state === "running",
    port,
    ...(running && { pid: running.pid }),
  };
}

function vaultStatus(home: string): ServerStatus | undefined {
  if (!existsSync(home)) return undefined;
  const dir = vaultDir(realpathSync(home));
  const record = readVault(dir);
  if (!record) return undefined;
  const { port, pid } = record;
  const running = isVaultRunning(dir);
  const state = running ? "running" : pid === STOPPED ? "stopped" : "dead";
  return { name: "vault", kind: "vault", state, running, port, ...(running && { pid }) };
}

function preparedWith(vault: VaultAccess | undefined): Prepared {
  if (!vault) return { env: {}, config: {} };
  return {
    env: { VAULT_ADDR: vault.address, VAULT_TOKEN: vault.token },
    config: { "tenantry:vaultAddress": vault.address },
  };
}
