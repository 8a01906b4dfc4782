/** `tenantry check`: everything that is wrong with the registry's files, with no cloud, database or account. */
import type { Command } from "commander";
import { type Finding, renderFinding } from "../registry/errors";
import { loadSources, loadStackNames } from "../registry/load";
import { checkRegistry } from "../registry/parse";
import { colors, EXIT, printJson, printLine, setExit } from "./output";
import { SQL_DIR, TENANTS_DIR } from "./project";

export interface CheckOptions {
  /** The folder of `plans.yaml` and `<stack>.yaml`. */
  readonly dir: string;
  /** The folder that holds `tenant/*.sql`. */
  readonly sqlDir: string;
  /** One stack; all that have a file unless given. */
  readonly stack?: string;
}

/** Errors and warnings of all stacks, each once. @throws TenantryError TN-101 for a file that cannot be read. */
export function check({ dir, sqlDir, stack }: CheckOptions): Finding[] {
  const stacks = stack === undefined ? loadStackNames(dir) : [stack];
  const findings = stacks.flatMap((name) => checkRegistry(loadSources({ dir, stack: name, sqlDir })).findings);
  // Every stack reads the plans, and would tell what is wrong with them again.
  return [...new Map(findings.map((finding) => [renderFinding(finding), finding])).values()];
}

export function register(program: Command): void {
  program
    .command("check")
    .description("check the registry's files and tell everything that is wrong")
    .option("-s, --stack <stack>", "the stack, which names tenants/<stack>.yaml; all stacks unless given")
    .option("--json", "print an array of findings")
    .addHelpText("after", "\nExample:\n  $ npx tenantry check --stack prod")
    .action((options: { stack?: string; json?: boolean }) => {
      const findings = check({ dir: TENANTS_DIR, sqlDir: SQL_DIR, ...(options.stack && { stack: options.stack }) });
      const errors = findings.filter(({ severity }) => severity === "error").length;
      if (options.json) printJson(findings);
      else printFindings(findings, errors);
      setExit(errors > 0 ? EXIT.findings : EXIT.ok);
    });
}

function printFindings(findings: readonly Finding[], errors: number): void {
  for (const finding of findings) {
    printLine((finding.severity === "error" ? colors.red : colors.yellow)(renderFinding(finding)));
  }
  const warnings = findings.length - errors;
  printLine(`${count(errors, "error")}, ${count(warnings, "warning")}`);
}

const count = (number: number, what: string) => `${number === 0 ? "no" : number} ${what}${number === 1 ? "" : "s"}`;
