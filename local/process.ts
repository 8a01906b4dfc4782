/** Whether a process id that was written down still means the process that it meant then: the system gives ids again. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

const POLL_MS = 20;

/** True when the process runs and has `argument` among its arguments. */
export function runsWith(pid: number, argument: string): boolean {
  if (!Number.isInteger(pid) || pid <= 1) return false;
  return argumentsOf(pid)?.includes(argument) ?? false;
}

/** Waits until the process is gone. Returns whether it is, before the time was over. */
export async function waitForEnd(pid: number, argument: string, timeoutMs: number): Promise<boolean> {
  for (const deadline = Date.now() + timeoutMs; runsWith(pid, argument); await delay(POLL_MS)) {
    if (Date.now() > deadline) return false;
  }
  return true;
}

function argumentsOf(pid: number): readonly string[] | undefined {
  if (!existsSync("/proc/self/cmdline")) return argumentsFromPs(pid);
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

/** For systems without /proc, such as macOS. Directories of ours hold no spaces, or are found as one of the joined words. */
function argumentsFromPs(pid: number): readonly string[] | undefined {
  try {
    const line = execFileSync("ps", ["-p", String(pid), "-o", "args="], { encoding: "utf8" }).trim();
    const words = line.split(" ");
    return words.flatMap((_, from) =>
      words.slice(from).map((__, length) => words.slice(from, from + length + 1).join(" ")),
    );
  } catch (error) {
    if ((error as { status?: number }).status === 1) return undefined; // no such process
    throw error;
  }
}

function isGone(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === "ENOENT" || code === "ESRCH";
}
