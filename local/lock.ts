/** One command at a time on a stack: a file that says who holds it. The lock of a process that died is taken over. */
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { TenantryError } from "../registry/errors";
import { errorCode } from "./errors";

const holder = z.object({ pid: z.number(), started: z.string(), command: z.string(), since: z.string() });
type Holder = z.infer<typeof holder>;

const ATTEMPTS = 10;

/** @throws TenantryError TN-501 saying who holds the lock. */
export async function withLock<T>(home: string, command: string, run: () => Promise<T>): Promise<T> {
  const file = join(home, "lock");
  const mine: Holder = { pid: process.pid, started: startOf(process.pid), command, since: new Date().toISOString() };
  take(file, JSON.stringify(mine));
  try {
    return await run();
  } finally {
    // A destroy removes the directory, and another command may have made it anew.
    if (read(file)?.pid === process.pid) rmSync(file);
  }
}

function take(file: string, mine: string): void {
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, mine, { mode: 0o600 });
  try {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (link(draft, file)) return;
      const found = read(file);
      if (found && isAlive(found)) throw held(found, file);
      bury(file, found);
    }
    throw new TenantryError("TN-501", `other commands keep taking and losing the lock ${file}; try again`);
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Removes a dead lock; another command may have done that already and taken its own, which then goes back to its place. */
function bury(file: string, dead: Holder | undefined): void {
  const grave = `${file}.dead.${process.pid}`;
  try {
    renameSync(file, grave);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return;
    throw error;
  }
  const found = read(grave);
  if (found && found.pid !== dead?.pid) link(grave, file);
  rmSync(grave);
}

/** False when the target exists. */
function link(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (errorCode(error) === "EEXIST") return false;
    throw error;
  }
}

function read(file: string): Holder | undefined {
  try {
    return holder.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch (error) {
    if (errorCode(error) === "ENOENT" || error instanceof SyntaxError || error instanceof z.ZodError) return undefined;
    throw error;
  }
}

function isAlive({ pid, started }: Holder): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return errorCode(error) === "EPERM";
  }
  return startOf(pid) === started;
}

/** When the process started, in ticks since boot: tells it from another one that got its number. Empty where /proc is not. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  } catch {
    return "";
  }
}

function held({ pid, command, since }: Holder, file: string): TenantryError {
  const who = `\`${command}\` (process ${pid}, since ${since})`;
  return new TenantryError(
    "TN-501",
    `${who} is working on this stack; wait until it has ended, then try again (lock: ${file})`,
  );
}
