/** Reads what a run of the program is made of: configuration, registry, SQL files. All errors of each kind at once. */
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { RegistryErrors, TenantryError } from "../registry/errors";
import { loadRegistry } from "../registry/load";
import { place } from "../registry/place";
import type { Estate } from "../registry/types";
import { bundleFindings } from "./certificate-bundle";
import { loadSqlDigests } from "./sql-digests";
import { checkAgainstEstate, parseStackConfig, type StackConfig } from "./stack-config";
import { type ConfigFinding, StackConfigErrors } from "./stack-config-parse";

export interface Stack {
  readonly name: string;
  readonly config: StackConfig;
  readonly estate: Estate;
  /** SQL file to digest of its text. */
  readonly sql: Readonly<Record<string, string>>;
}

/** `projectDir` is the folder of Pulumi.yaml. Throws one `RunError`, which Pulumi prints as it is, without a stack trace. */
export function loadStack(projectDir: string): Stack {
  try {
    const name = pulumi.getStack();
    const config = parseStackConfig(rawConfig());
    const sqlDir = join(projectDir, "sql");
    const registry = loadRegistry({ dir: join(projectDir, config.registryDir), stack: name, sqlDir });
    const estate = place(registry, config.cells === undefined ? {} : { cells: config.cells });
    const bundle = tellOfBundle(bundleFindings(projectDir, config, estate.regions));
    const findings = [...checkAgainstEstate(config, estate), ...bundle];
    if (findings.length > 0) throw new StackConfigErrors(findings);
    return { name, config, estate, sql: loadSqlDigests(sqlDir) };
  } catch (error) {
    const expected =
      error instanceof StackConfigErrors || error instanceof RegistryErrors || error instanceof TenantryError;
    throw expected ? new pulumi.RunError(error.message) : error;
  }
}

/** The project's own keys; those of providers (`aws:region`) are not ours to judge. */
function rawConfig(): Record<string, string> {
  const prefix = `${pulumi.getProject()}:`;
  const entries = Object.entries(pulumi.runtime.allConfig()).filter(([key]) => key.startsWith(prefix));
  return Object.fromEntries(entries.map(([key, value]) => [key.slice(prefix.length), value]));
}

/** A preview needs no certificates. An `up` without them would make servers first and reach none of them then. */
function tellOfBundle(findings: readonly ConfigFinding[]): readonly ConfigFinding[] {
  if (!pulumi.runtime.isDryRun()) return findings;
  for (const { path, message, code } of findings)
    void pulumi.log.warn(`${path}: ${message}; \`up\` is refused until then [${code}]`);
  return [];
}
