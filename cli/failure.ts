/** How the command ends when a verb throws, or when the command line itself is wrong. */
import type { Command, CommanderError } from "commander";
import { colors, EXIT, printNote, setExit } from "./output";

/** Codes of errors that say how to type the command. */
const USAGE = new Set(["TN-508", "TN-606"]);

/** Parses the command line and runs the verb. Errors go to stderr: for those with a code the message is enough. */
export async function runCommand(program: Command): Promise<void> {
  for (const stream of [process.stdout, process.stderr]) stream.on("error", ignoreClosedPipe);
  for (const command of allOf(program)) command.exitOverride(endParsing);
  try {
    await program.parseAsync();
  } catch (error) {
    const code = codeOf(error);
    printNote(colors.red(code ? `error: ${messageOf(error)}` : stackOf(error)));
    setExit(code && USAGE.has(code) ? EXIT.usage : EXIT.findings);
  }
}

/** `tenantry ... | head` stops reading, which is no reason to stop in the middle of an `up`. */
function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== "EPIPE") throw error;
}

const allOf = (command: Command): readonly Command[] => [command, ...command.commands.flatMap(allOf)];

/** Help and version are no errors; whatever else commander finds is wrong usage. */
function endParsing(error: CommanderError): never {
  process.exit(error.exitCode === 0 ? EXIT.ok : EXIT.usage);
}

/** `TN-nnn`, by shape: not every room can import TenantryError. RegistryErrors name the codes in their lines. */
function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if ("code" in error && typeof error.code === "string" && error.code.startsWith("TN-")) return error.code;
  return error.name === "RegistryErrors" ? error.name : undefined;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
const stackOf = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error));
