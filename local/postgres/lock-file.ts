/** `postmaster.pid`: which process serves a data directory. It outlives a server that was killed. */
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { runsWith } from "../process";

export interface RunningServer {
  readonly pid: number;
  readonly port: number;
  /** False while it starts or recovers. */
  readonly ready: boolean;
}

/** `running`; `dead`: it was killed and left its lock file; `stopped`: it was stopped, or never started. */
export type ServerState = "running" | "dead" | "stopped";

/** The server of this data directory, when it really runs: a process id that another program has by now does not count. */
export function findRunning(dir: string): RunningServer | undefined {
  const lines = readLockFile(dir)?.split("\n") ?? [];
  const [pid, port] = [Number(lines[0]), Number(lines[3])];
  if (!runsWith(pid, dir)) return undefined;
  return { pid, port, ready: lines[7]?.trim() === "ready" };
}

export function serverState(dir: string): ServerState {
  if (findRunning(dir)) return "running";
  return readLockFile(dir) ? "dead" : "stopped";
}

/**
 * PostgreSQL does not start while the process id in the file belongs to anybody, however unrelated. A file that is still empty is
 * left alone: a server that starts just now has made it and is about to write into it.
 */
export function removeStaleLockFile(dir: string): void {
  if (serverState(dir) === "dead") rmSync(lockFile(dir));
}

function lockFile(dir: string): string {
  return join(dir, "postmaster.pid");
}

function readLockFile(dir: string): string | undefined {
  return existsSync(lockFile(dir)) ? readFileSync(lockFile(dir), "utf8") : undefined;
}
