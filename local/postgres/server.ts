/** One PostgreSQL server on this machine: made, started, stopped. It outlives the process that starts it. */
import { chownSync, existsSync, mkdirSync, readFileSync, rmSync, statfsSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { TenantryError } from "../../registry/errors";
import { messageOf } from "../errors";
import { waitForEnd } from "../process";
import { type Binaries, findBinaries, type Major } from "./binaries";
import { runCommand } from "./command";
import { findRunning, removeStaleLockFile } from "./lock-file";
import { includeSettings, type Settings, writeSettings } from "./settings";
import { serverUser } from "./user";

export { freePort } from "./port";

export interface ServerFiles {
  readonly major: Major;
  /** The data directory. Its parents must be reachable for the server's user. */
  readonly dir: string;
  /** The binaries to use; those of the npm package unless given. */
  readonly binaries?: Binaries;
}

export interface StartOptions {
  readonly settings?: Settings;
}

/** The superuser of every embedded server. It makes the RDS-like admin and is not used again. */
export const SUPERUSER = "postgres";

/** Another program has the port. */
export class PortTaken extends TenantryError {
  constructor(port: number) {
    super("TN-520", `port ${port} is taken by another program`);
  }
}

const PORT_TAKEN = /Address already in use|could not create any TCP\/IP sockets/;
const WAIT_SECONDS = "60";
const READY_MS = 60_000;
const EXIT_MS = 5_000;
const POLL_MS = 50;
/** A killed server's children hold its shared memory until they notice. */
const ORPHANS = /pre-existing shared memory block/;
const ORPHANS_PAUSE_MS = 500;
const ORPHANS_TRIES = 60;

/** Creates the data directory with password authentication for everybody. */
export async function initServer({ major, dir, binaries }: ServerFiles, password: string): Promise<void> {
  const user = serverUser();
  mkdirSync(dirname(dir), { recursive: true });
  mkdirSync(dir, { mode: 0o700 });
  if (user) {
    chownSync(dirname(dir), user.uid, user.gid); // the password file and the log stand beside the data directory
    chownSync(dir, user.uid, user.gid);
  }
  const passwordFile = `${dir}.password`;
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  if (user) chownSync(passwordFile, user.uid, user.gid);
  try {
    const { initdb } = binaries ?? findBinaries(major);
    const args = ["-D", dir, "-U", SUPERUSER, "-A", "scram-sha-256", `--pwfile=${passwordFile}`];
    await runCommand(initdb, [...args, "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]);
    includeSettings(dir);
  } catch (error) {
    throw serverError(dir, `PostgreSQL ${major} could not make its data directory ${dir}`, messageOf(error));
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

/** Waits for a server that a killed command had started a moment ago. Returns false when it does not run. */
export async function waitUntilReady({ dir }: ServerFiles): Promise<boolean> {
  for (let waitedMs = 0; waitedMs < READY_MS; waitedMs += POLL_MS) {
    const running = findRunning(dir);
    if (!running) return false;
    if (running.ready) return true;
    await delay(POLL_MS);
  }
  throw serverError(dir, "PostgreSQL runs without becoming ready", logSince(dir, 0));
}

/** Starts the server on a loopback port and waits until it answers. @throws PortTaken, TenantryError TN-520, TN-522. */
export async function startServer(files: ServerFiles, port: number, options: StartOptions = {}): Promise<void> {
  const { major, dir } = files;
  removeStaleLockFile(dir);
  applySettings(files, port, options);
  const { pgCtl } = files.binaries ?? findBinaries(major);
  const args = ["-D", dir, "-l", `${dir}.log`, "-w", "-t", WAIT_SECONDS, "start"];
  for (let tries = 1; ; tries++) {
    const from = logSize(dir);
    try {
      await runCommand(pgCtl, args);
      return;
    } catch (error) {
      const said = logSince(dir, from) || messageOf(error);
      if (await waitUntilReady(files)) return;
      if (PORT_TAKEN.test(said)) throw new PortTaken(port);
      if (!ORPHANS.test(said) || tries === ORPHANS_TRIES) {
        throw serverError(dir, `PostgreSQL ${major} did not start on port ${port}`, said);
      }
      await delay(ORPHANS_PAUSE_MS);
    }
  }
}

/** Makes a running server take new settings; those that need a restart wait for one. */
export async function reloadServer(files: ServerFiles, port: number, options: StartOptions): Promise<void> {
  if (!applySettings(files, port, options)) return;
  const { pgCtl } = files.binaries ?? findBinaries(files.major);
  await runCommand(pgCtl, ["-D", files.dir, "reload"]);
}

/** Stops the server, ending its sessions. Does nothing when it does not run. */
export async function stopServer(files: ServerFiles, mode: "fast" | "immediate" = "fast"): Promise<void> {
  const { major, dir } = files;
  const running = findRunning(dir);
  if (!running) return removeStaleLockFile(dir);
  const { pgCtl } = files.binaries ?? findBinaries(major);
  try {
    await runCommand(pgCtl, ["-D", dir, "-m", mode, "-w", "-t", WAIT_SECONDS, "stop"]);
    await waitForEnd(running.pid, dir, EXIT_MS); // its lock file goes a moment before it does
  } catch (error) {
    if (!findRunning(dir)) return; // it ended by itself meanwhile
    throw serverError(dir, `PostgreSQL ${major} did not stop`, messageOf(error));
  }
}

function applySettings({ dir }: ServerFiles, port: number, { settings }: StartOptions): boolean {
  const ours = { listen_addresses: "127.0.0.1", unix_socket_directories: "", port: String(port) };
  return writeSettings(dir, { ...settings, ...ours });
}

function serverError(dir: string, what: string, said: string): TenantryError {
  if (/No space left on device|ENOSPC/.test(said) || isFull(dir)) {
    return new TenantryError(
      "TN-522",
      `${what}: the disk of ${dirname(dir)} is full; free some space and run the command again`,
    );
  }
  return new TenantryError(
    "TN-520",
    `${what}: ${said.trim().split("\n").slice(-3).join("; ")}; the whole log is ${dir}.log`,
  );
}

function isFull(dir: string): boolean {
  return existsSync(dirname(dir)) && statfsSync(dirname(dir)).bavail === 0;
}

function logSize(dir: string): number {
  return existsSync(`${dir}.log`) ? statSync(`${dir}.log`).size : 0;
}

function logSince(dir: string, from: number): string {
  return existsSync(`${dir}.log`) ? readFileSync(`${dir}.log`).subarray(from).toString("utf8").trim() : "";
}
