/** `tenantry prove`: attacks the running estate, and says what was refused. */
import { writeFileSync } from "node:fs";
import type { Command } from "commander";
import { reasonOf } from "../database/reason";
import type { Proof } from "../prove/probe";
import { NOT_PROVEN, NOT_PROVEN_OF_AWS, verdictOf } from "../prove/prove";
import { renderJson } from "../prove/render/json";
import { renderJunit } from "../prove/render/junit";
import { renderText } from "../prove/render/text";
import { TenantryError } from "../registry/errors";
import { STACK_OPTION } from "./options";
import { colors, EXIT, printJson, printLine, printNote, setExit } from "./output";
import { proveEstate } from "./prove-estate";

interface Flags {
  readonly stack: string;
  readonly cell?: string;
  readonly json?: boolean;
  readonly junit?: string;
  readonly verbose?: boolean;
}

export function register(program: Command): void {
  program
    .command("prove")
    .description(
      "attack the running estate as everybody who has a login, with tenants that are made for it and removed again",
    )
    .option(...STACK_OPTION)
    .option("--cell <cell>", "the server of this cell alone")
    .option("--json", "print everything that was tried as JSON")
    .option("--junit <file>", "write a report for a CI too")
    .option("--verbose", "print each attempt")
    .addHelpText(
      "after",
      "\nExits 1 when anything gets through or nothing could begin, and 3 when a part could not be tried." +
        "\n\nExample:\n  $ npx tenantry prove --stack prod --junit isolation.xml",
    )
    .action(async ({ stack, cell, ...how }: Flags) => {
      if (how.junit !== undefined) writeReport(how.junit, "");
      const proof = await interruptible((signal) => proveEstate({ stack, signal, ...(cell && { cell }) }));
      if (proof) report(proof, { cell, ...how });
      else setExit(EXIT.partial);
    });
}

type Reported = Omit<Flags, "stack" | "cell"> & { readonly cell: string | undefined };

function report(proof: Proof, { cell, json, junit, verbose = false }: Reported): void {
  if (junit !== undefined) writeReport(junit, renderJunit(proof));
  if (json) printJson(renderJson(proof));
  else {
    printLine(renderText(proof, { verbose, colors }));
    const beside =
      cell === undefined
        ? NOT_PROVEN_OF_AWS
        : `anything beside the server of ${cell}: --cell leaves files and Vault out`;
    printNote(colors.dim(["Not proven:", ...[...NOT_PROVEN, beside].map((text) => `- ${text}`)].join("\n  ")));
  }
  setExit({ proven: EXIT.ok, through: EXIT.findings, untried: EXIT.partial }[verdictOf(proof)]);
}

/**
 * Written empty before the attacks: a path that is wrong is told at once, and no report of an earlier day is left for a CI to read
 * when this proof does not come to its end. @throws TenantryError TN-609
 */
function writeReport(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw new TenantryError(
      "TN-609",
      `the report cannot be written: ${reasonOf(error)}; name a file in a folder that is there: --junit isolation.xml`,
    );
  }
}

/** Nothing once it was interrupted: what was made is removed by then. A second signal ends the command at once. */
async function interruptible<T>(run: (signal: AbortSignal) => Promise<T>): Promise<T | undefined> {
  const ending = new AbortController();
  const end = () => {
    printNote("stopping: what was made for the proof is being removed");
    ending.abort();
  };
  process.once("SIGINT", end).once("SIGTERM", end);
  try {
    return await run(ending.signal);
  } catch (error) {
    if (!ending.signal.aborted) throw error;
    printNote("stopped; the estate is as it was");
    return undefined;
  } finally {
    process.off("SIGINT", end).off("SIGTERM", end);
  }
}
