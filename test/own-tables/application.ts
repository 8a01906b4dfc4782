/** An application that makes its own tables with node-pg-migrate, deployed for a tenant as its secret says. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { secretFacts } from "../../cli/formats/facts";
import type { TestCell } from "../database/test-cell";

const TOOL = require.resolve("node-pg-migrate/bin/node-pg-migrate");
const MIGRATIONS = join(__dirname, "migrations");

/** Runs `node-pg-migrate <args>`. Where the secret names no schema, the tool is told none. Throws what the tool prints. */
export async function migrate(cell: TestCell, slug: string, ...args: readonly string[]): Promise<string> {
  const { url, schema } = secretFacts(cell.store.secrets.get(`tenants/${slug}/db`)?.data ?? {});
  const named = schema === undefined ? [] : ["--schema", schema];
  // The tool has one lock for a database: environments that share one take turns.
  const options = ["--migrations-dir", MIGRATIONS, "--advisory-lock-mode", "wait", ...named];
  const env = { ...process.env, DATABASE_URL: url };
  const { stdout } = await promisify(execFile)(process.execPath, [TOOL, ...args, ...options], { env });
  return stdout;
}
