/** One PostgreSQL server on this machine: made, started, stopped. It outlives the process that starts it. */
import { execFile } from "node:child_process";
import { chownSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { findBinaries, type Major } from "./binaries";
import { serverUser } from "./user";

const run = promisify(execFile);

export interface ServerFiles {
  readonly major: Major;
  /** The data directory. Its parents must be reachable for the server's user. */
  readonly dir: string;
}

export interface StartOptions {
  /** Server settings, each passed as `-c name=value`. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** The superuser of every embedded server. It makes the RDS-like admin and is not used again. */
export const SUPERUSER = "postgres";

/** Creates the data directory with password authentication for everybody. */
export async function initServer({ major, dir }: ServerFiles, password: string): Promise<void> {
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
    const args = ["-D", dir, "-U", SUPERUSER, "-A", "scram-sha-256", `--pwfile=${passwordFile}`];
    await run(findBinaries(major).initdb, [...args, "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"], asUser());
  } finally {
    rmSync(passwordFile);
  }
}

/** Starts the server on a loopback port and waits until it answers. Throws with the end of the server's log. */
export async function startServer(
  { major, dir }: ServerFiles,
  port: number,
  options: StartOptions = {},
): Promise<void> {
  const settings = { listen_addresses: "127.0.0.1", unix_socket_directories: "", ...options.settings };
  const flags = Object.entries(settings).map(([name, value]) => `-c ${name}=${quoteFlag(value)}`);
  const log = `${dir}.log`;
  const args = ["-D", dir, "-l", log, "-w", "-t", "60", "-o", `-p ${port} ${flags.join(" ")}`, "start"];
  try {
    await run(findBinaries(major).pgCtl, args, asUser());
  } catch (error) {
    throw new Error(`PostgreSQL did not start on port ${port}: ${logTail(log) ?? (error as Error).message}`);
  }
}

/** Stops the server, ending its sessions. Does nothing when it does not run. */
export async function stopServer({ major, dir }: ServerFiles, mode: "fast" | "immediate" = "fast"): Promise<void> {
  if (!existsSync(join(dir, "postmaster.pid"))) return;
  await run(findBinaries(major).pgCtl, ["-D", dir, "-m", mode, "-w", "-t", "60", "stop"], asUser());
}

/** A port that is free now. Another process may take it before the server does: retry a failed start once. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}

function asUser(): { uid?: number; gid?: number; cwd: string } {
  return { ...serverUser(), cwd: "/" };
}

function quoteFlag(value: string): string {
  return `'${value.replaceAll("'", "'\\''")}'`;
}

function logTail(log: string): string | undefined {
  if (!existsSync(log)) return undefined;
  return readFileSync(log, "utf8").trim().split("\n").slice(-3).join("; ");
}
