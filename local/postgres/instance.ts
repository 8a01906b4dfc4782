/** A named server of a stack: what stands for one RDS instance. It has a directory, a record and a port that it keeps. */
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, realpathSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { TenantryError } from "../../registry/errors";
import { readJson, writePrivate } from "../private-file";
import { waitForEnd } from "../process";
import { ensureAdmin } from "./admin";
import { type Major, reachableBinaries } from "./binaries";
import { findRunning, type RunningServer, type ServerState, serverState } from "./lock-file";
import { freePort } from "./port";
import { assertReachable } from "./reach";
import {
  initServer,
  PortTaken,
  reloadServer,
  type ServerFiles,
  startServer,
  stopServer,
  waitUntilReady,
} from "./server";
import type { Settings } from "./settings";
import { copyPrimary, followingSettings, forgetStandby, type Primary } from "./standby";

/** What is kept about a server, in `server.json` beside its data directory. */
export interface InstanceRecord {
  readonly identifier: string;
  readonly major: Major;
  /** The port to take when it is free. */
  readonly port: number;
  /** Used for making the admin, and for nothing else. */
  readonly superuserPassword: string;
  /** Identifier of the server that this one is a standby of. */
  readonly replicaOf?: string;
  /** Name of the parameter group that the settings come from. */
  readonly parameterGroup?: string;
  readonly settings: Settings;
}

/** What may change in the life of a server. */
export type InstanceOptions = Pick<InstanceRecord, "parameterGroup" | "settings">;

/** For what every server of one machine has in common: small, and as safe against a crash of a server as RDS. */
const SETTINGS: Settings = {
  max_connections: "100",
  shared_buffers: "32MB",
  // Lost with the machine, not with the server: a rehearsal can bear it, and starts twice as fast.
  fsync: "off",
  full_page_writes: "off",
};

const END_MS = 10_000;
const REMOVE = { recursive: true, force: true, maxRetries: 5 } as const;

/** The server as it was recorded when its data directory was complete; undefined when there is none. */
export function findInstance(home: string, identifier: string): InstanceRecord | undefined {
  const dir = instanceDir(home, identifier);
  if (!existsSync(join(dir, "data"))) return undefined;
  return readJson(join(dir, "server.json")) as InstanceRecord | undefined; // written by saveRecord alone
}

export function listInstances(home: string): readonly InstanceRecord[] {
  return listIdentifiers(home)
    .map((identifier) => findInstance(home, identifier))
    .filter((record) => record !== undefined);
}

/** Of all servers, also of those that a killed run did not finish. */
export function listIdentifiers(home: string): readonly string[] {
  const root = join(home, "servers");
  return existsSync(root) ? readdirSync(root).sort() : [];
}

export function instanceState(home: string, identifier: string): { state: ServerState; running?: RunningServer } {
  const { dir } = dataOf(home, identifier);
  const running = findRunning(dir);
  return { state: serverState(dir), ...(running && { running }) };
}

export const isRunning = (home: string, identifier: string): boolean =>
  instanceState(home, identifier).state === "running";

/**
 * Makes the data directory unless it is complete: a new one, or a copy of a running server's. What a killed run left of another
 * attempt is removed. @throws TenantryError TN-527 when there is one of another major version: its data may be wanted.
 */
export async function createInstance(
  home: string,
  identifier: string,
  major: Major,
  options: InstanceOptions,
  source?: InstanceRecord,
): Promise<InstanceRecord> {
  const found = findInstance(home, identifier);
  if (found && found.major !== major) throw otherMajor(found, major);
  if (found) return saveRecord(home, { ...found, ...options });
  const dir = instanceDir(home, identifier);
  rmSync(dir, REMOVE);
  mkdirSync(dir, { recursive: true, mode: 0o755 });
  assertReachable(dir);
  const draft = join(dir, `init-${randomBytes(4).toString("hex")}`); // a killed run's initdb may still be writing to its own
  const superuserPassword = source?.superuserPassword ?? randomBytes(24).toString("hex");
  if (source) await copyPrimary(primaryOf(home, source), identifier, draft);
  else await initServer({ major, dir: draft, binaries: reachableBinaries(major, home) }, superuserPassword);
  const origin = source && { replicaOf: source.identifier };
  const record = { identifier, major, port: await freePort(), superuserPassword, ...origin, ...options };
  saveRecord(home, record);
  renameSync(draft, join(dir, "data"));
  return record;
}

/** Gives the server other settings; those that need a restart wait for one, as in RDS. */
export async function configureInstance(
  home: string,
  record: InstanceRecord,
  options: InstanceOptions,
): Promise<InstanceRecord> {
  const configured = saveRecord(home, { ...record, ...options });
  const { dir, ...files } = filesOf(home, configured);
  const running = findRunning(dir);
  if (running) await reloadServer({ ...files, dir }, running.port, { settings: settingsOf(home, configured) });
  return configured;
}

/**
 * Starts the server unless it runs, on its own port or, when another program took that, on a new one. A standby learns where
 * its primary is now.
 */
export async function startInstance(home: string, record: InstanceRecord): Promise<InstanceRecord> {
  const files = filesOf(home, record);
  const options = { settings: settingsOf(home, record) };
  if (await waitUntilReady(files)) {
    if (record.replicaOf !== undefined) await reloadServer(files, record.port, options);
    return record;
  }
  try {
    await startServer(files, record.port, options);
    return record;
  } catch (error) {
    if (!(error instanceof PortTaken)) throw error;
    const moved = saveRecord(home, { ...record, port: await freePort() });
    await startServer(files, moved.port, options);
    return moved;
  }
}

/** Makes the RDS-like admin of a running server, or gives it this password. */
export async function setInstanceAdmin(record: InstanceRecord, username: string, password: string): Promise<void> {
  const { port, superuserPassword } = record;
  await ensureAdmin({ port, superuserPassword, username, password });
}

/** Stops the server; its data stays. */
export async function stopInstance(home: string, record: InstanceRecord): Promise<void> {
  await stopServer(filesOf(home, record));
}

/** Ends the server and removes its data, whatever its record says. No error when there is none. */
export async function removeInstance(home: string, identifier: string): Promise<void> {
  const { dir } = dataOf(home, identifier);
  const running = findRunning(dir);
  if (running) {
    process.kill(running.pid, "SIGQUIT"); // ends its sessions, and leaves nothing that is worth keeping
    await waitForEnd(running.pid, dir, END_MS);
  }
  rmSync(instanceDir(home, identifier), REMOVE);
}

/** Removes a standby, and what its primary keeps for it while that runs. */
export async function removeReplica(home: string, record: InstanceRecord): Promise<void> {
  await removeInstance(home, record.identifier);
  const source = findInstance(home, record.replicaOf ?? "");
  if (source && instanceState(home, source.identifier).state === "running")
    await forgetStandby(primaryOf(home, source), record.identifier);
}

function settingsOf(home: string, { identifier, replicaOf, settings }: InstanceRecord): Settings {
  const source = replicaOf === undefined ? undefined : findInstance(home, replicaOf);
  return { ...SETTINGS, ...settings, ...(source && followingSettings(primaryOf(home, source), identifier)) };
}

const primaryOf = (home: string, { identifier, port, superuserPassword }: InstanceRecord): Primary => ({
  ...dataOf(home, identifier),
  port,
  superuserPassword,
});

function otherMajor({ identifier, major }: InstanceRecord, wanted: Major): TenantryError {
  const what = `server ${identifier} has PostgreSQL ${major} here, and ${wanted} is asked for: a major upgrade is not rehearsed on this machine`;
  return new TenantryError("TN-527", `${what}; write ${major} again, or remove the server first`);
}

function saveRecord(home: string, record: InstanceRecord): InstanceRecord {
  writePrivate(join(instanceDir(home, record.identifier), "server.json"), JSON.stringify(record, undefined, 2));
  return record;
}

function filesOf(home: string, { identifier, major }: InstanceRecord): ServerFiles {
  return { ...dataOf(home, identifier), major, binaries: reachableBinaries(major, home) };
}

function dataOf(home: string, identifier: string): { dir: string } {
  return { dir: join(instanceDir(home, identifier), "data") };
}

/** One spelling of the directory: a running server is recognised by it. */
function instanceDir(home: string, identifier: string): string {
  return join(existsSync(home) ? realpathSync(home) : home, "servers", identifier);
}
