/** Runs PostgreSQL's own programs, as the user that they insist on. */
import { spawn } from "node:child_process";
import { serverUser } from "./user";

/** A program that ended badly; the message is what it printed, and never its command line. */
class CommandFailed extends Error {}

/**
 * Runs to the end in a session of its own: Ctrl-C reaches the whole foreground group of a terminal, and `pg_ctl` would take the
 * server down with it. @throws CommandFailed
 */
export function runCommand(program: string, args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const stdio = ["ignore", "ignore", "pipe"] as const;
    const child = spawn(program, args, { ...serverUser(), cwd: "/", detached: true, stdio: [...stdio] });
    let said = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
    child.once("error", reject);
    child.once("close", (code, signal) => {
      if (code === 0) resolve();
      else reject(new CommandFailed(said.trim() || `${program} ended with ${code ?? signal}`));
    });
  });
}
