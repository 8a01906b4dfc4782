/** The project that the command works on: the one it belongs to, wherever it is typed. */
import { join } from "node:path";
import { loadRegistry } from "../registry/load";
import type { Registry } from "../registry/types";

export const PROJECT_DIR = join(__dirname, "..");
export const TENANTS_DIR = join(PROJECT_DIR, "tenants");
export const SQL_DIR = join(PROJECT_DIR, "sql");
export const LINT_DIR = join(SQL_DIR, "lint");

/** The registry of one stack. @throws RegistryErrors with everything that is wrong with it. */
export const loadStackRegistry = (stack: string): Registry =>
  loadRegistry({ dir: TENANTS_DIR, stack, sqlDir: SQL_DIR });
