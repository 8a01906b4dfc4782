/** `tenantry policies`: the rules of policies/ over everything that the program of a stack makes, with no cloud and no account. */
import type { Command } from "commander";
import { STACK_OPTION } from "./options";

export interface PoliciesFlags {
  readonly stack: string;
  readonly json?: boolean;
  readonly policyPackConfig?: string;
}

export function register(program: Command): void {
  program
    .command("policies")
    .description("hold the rules of policies/ against everything that the program would make")
    .option(...STACK_OPTION)
    .option(
      "--policy-pack-config <file>",
      "JSON: rule to its level, or to its configuration; as the Pulumi CLI takes it",
    )
    .option("--json", "print an array of rules with their violations")
    .addHelpText("after", "\nExample:\n  $ npx tenantry policies --stack prod")
    .action((flags: PoliciesFlags) => {
      // The policy SDK takes longer to load than all the rest of the command: no other verb waits for it.
      const { holdPolicies }: typeof import("./hold-policies") = require("./hold-policies");
      return holdPolicies(flags);
    });
}
