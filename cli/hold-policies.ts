/** What `tenantry policies` does: evaluates the program, holds the rules against it, prints what they found. */
import { readFileSync } from "node:fs";
import type { Goal } from "../local/deployment/goal";
import { loadProject, type Project } from "../local/project";
import { FACTORIES, isSimulated } from "../local/providers/index";
import { recordProgram } from "../local/recording";
import { parseUrn, urnOfReference } from "../local/urn";
import { openProps } from "../local/wire";
import { mergeConfig, type PackConfig, packConfigOf, parsePackConfig } from "../policies/config";
import { evaluate, type Registration, type RuleReport } from "../policies/evaluate";
import { RULES } from "../policies/rules";
import { TenantryError } from "../registry/errors";
import { colors, EXIT, printJson, printLine, printNote, printTable, setExit } from "./output";
import type { PoliciesFlags } from "./policies";
import { PROJECT_DIR } from "./project";

/** Sets the exit code to 1 when a mandatory rule is broken. */
export async function holdPolicies({ stack, json, policyPackConfig }: PoliciesFlags): Promise<void> {
  const project = loadProject(PROJECT_DIR, stack);
  const config = mergeConfig(packConfigOf(project.config), policyPackConfig ? readConfig(policyPackConfig) : {});
  const reports = await evaluate(RULES, await registrationsOf(project), config);
  const failed = reports.some(({ violations }) => violations.some(({ level }) => level !== "advisory"));
  if (json) printJson(reports);
  else printReports(reports);
  setExit(failed ? EXIT.findings : EXIT.ok);
}

/** @throws TenantryError TN-801 for a file that cannot be read, or says what no rule understands. */
function readConfig(file: string): PackConfig {
  try {
    return parsePackConfig(readFileSync(file, "utf8"));
  } catch (error) {
    throw new TenantryError("TN-801", `${file} cannot be used: ${error instanceof Error ? error.message : error}`);
  }
}

/** What the program registers, as an engine tells a pack of it. @throws TenantryError TN-511 when the program fails. */
export async function registrationsOf(project: Project): Promise<readonly Registration[]> {
  const goals = await recordProgram({ project, standIns: { factories: FACTORIES, isSimulated }, print: printNote });
  return goals.map(registrationOf);
}

function registrationOf({ urn, inputs, parent, provider, deleteBeforeReplace, ...goal }: Goal): Registration {
  const { type, name } = parseUrn(urn);
  const { protect, ignoreChanges, propertyDependencies } = goal;
  const options = { protect, ignoreChanges, propertyDependencies, ...(deleteBeforeReplace && { deleteBeforeReplace }) };
  return { urn, type, name, props: openProps(inputs), parent, provider: urnOfReference(provider), ...options };
}

function printReports(reports: readonly RuleReport[]): void {
  const rows = reports.map(({ rule, looked, violations }) => [rule, String(looked), String(violations.length)]);
  printTable(["rule", "looked at", "violations"], rows);
  const violations = reports.flatMap((report) => report.violations);
  for (const { rule, level, urn, message } of violations) {
    const { type, name } = parseUrn(urn);
    const color = level === "advisory" ? colors.yellow : colors.red;
    printLine(`\n${color(`${rule} (${level})`)} ${name} ${colors.dim(type)}\n  ${message}`);
  }
  printLine(`\n${violations.length === 0 ? "no violations" : `violations: ${violations.length}`}`);
}
