/** The executables that the Pulumi CLI finds on PATH in place of the real plugins. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { TenantryError } from "../../registry/errors";
import { makeHome } from "../home";
import { closedDirectory } from "../postgres/reach";

/** Packages with a stand-in. `tenantry` is none: the CLI finds it through Pulumi.yaml. */
const PACKAGES = ["aws", "postgresql", "random", "vault"] as const;

/** Where the servers, the Vault and the files of all stacks live that these plugins serve: one directory is one "cloud". */
export const machineOf = (dir: string): string => join(resolve(dir), "machine");

/** Writes them, over older ones. Returns their paths. @throws TenantryError TN-529 for a directory that PostgreSQL cannot reach. */
export function writeShims(dir: string): readonly string[] {
  mkdirSync(dir, { recursive: true, mode: 0o755 });
  const closed = closedDirectory(resolve(dir));
  if (closed !== undefined) {
    const advice = "name a directory below one that is open to everybody, such as /var/tmp/plugins";
    throw new TenantryError(
      "TN-529",
      `PostgreSQL runs as another user than root here, and ${closed} is closed to it: ${advice}`,
    );
  }
  makeHome(machineOf(dir));
  return PACKAGES.map((name) => {
    const path = shimOf(dir, name);
    writeFileSync(path, script(name, machineOf(dir)), { mode: 0o755 });
    return path;
  });
}

export function removeShims(dir: string): void {
  for (const name of PACKAGES) rmSync(shimOf(dir, name), { force: true });
}

const shimOf = (dir: string, name: string): string => join(resolve(dir), `pulumi-resource-${name}`);

/** The stack's own token stays in the environment; nothing secret is written here. */
function script(name: string, machine: string): string {
  const words = [process.execPath, "--require", require.resolve("tsx/cjs"), join(__dirname, "main.ts"), name, machine];
  return `#!/bin/sh\n# A stand-in of Tenantry for the Pulumi package ${name}.\nexec ${words.map(quote).join(" ")} "$@"\n`;
}

const quote = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;
