/** The stock Pulumi CLI, asked about a stack that is not of this machine. */
import { execFileSync } from "node:child_process";
import { messageOf } from "../local/errors";
import { TenantryError } from "../registry/errors";
import { PROJECT_DIR } from "./project";

/** Runs the Pulumi CLI in the project. @throws TenantryError TN-601 with what it says. */
export function pulumi(stack: string, args: readonly string[]): string {
  try {
    return execFileSync("pulumi", args, {
      cwd: PROJECT_DIR,
      env: process.env,
      encoding: "utf8",
      maxBuffer: 1 << 30,
      stdio: ["ignore", "pipe", "pipe"],
    });
  } catch (error) {
    const detail = `: ${saidBy(error)}`;
    throw new TenantryError(
      "TN-601",
      `there is no stack ${stack} on this machine, and \`pulumi ${args.join(" ")}\` did not tell one either${detail}; ` +
        `\`npm run up -- --stack ${stack}\` makes it here`,
    );
  }
}

function saidBy(error: unknown): string {
  if (!(error instanceof Error)) return messageOf(error);
  if ("code" in error && error.code === "ENOENT") return "the Pulumi CLI is not installed here";
  return "stderr" in error && error.stderr ? String(error.stderr).trim() : error.message;
}
