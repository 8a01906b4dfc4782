/** The SQL files that a cell is made from: `sql/cell` for the control schema, `sql/tenant` for the application's tables. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { TenantryError } from "../registry/errors";
import { parseDirectives, type Quota } from "./directives";
import type { DeclaredLookUp } from "./look-up";

export interface SqlFile {
  /** Without the folder: `0001_accounts.sql`. */
  readonly name: string;
  readonly sql: string;
  /** SHA-256 of the text, 12 hex digits. An applied file never changes. */
  readonly digest: string;
}

export interface TableFile extends SqlFile {
  readonly quotas: readonly Quota[];
  /** Tables that the application may add to and read, and nothing else. */
  readonly appendOnly: readonly string[];
  /** What the pooled application may ask before the tenant is known. */
  readonly lookUps: readonly DeclaredLookUp[];
}

const NAME = /^(\d{4})_[a-z0-9]+(_[a-z0-9]+)*\.sql$/;

/** Reads all SQL files of a folder in the order of their numbers. Throws on a bad name, a gap or a number used twice. */
export function loadSqlFiles(dir: string): readonly SqlFile[] {
  const names = readdirSync(dir)
    .filter((name) => name.endsWith(".sql"))
    .sort();
  names.forEach((name, index) => {
    checkName(name, index + 1, dir);
  });
  return names.map((name) => {
    const sql = readFileSync(join(dir, name), "utf8");
    return { name, sql, digest: digestOf(sql) };
  });
}

/** Reads the application's tables with what their directives say. Throws as `loadSqlFiles` does, and on a bad directive. */
export function loadTableFiles(dir: string): readonly TableFile[] {
  const files = loadSqlFiles(dir).map((file) => ({ ...file, ...parseDirectives(file.name, file.sql) }));
  const declared = new Map<string, string>();
  for (const { name, quotas } of files) {
    for (const quota of quotas) {
      const other = declared.get(quota.name);
      if (other) {
        throw new TenantryError(
          "TN-332",
          `quota ${quota.name} is declared in ${other} and in ${name}; declare it once, in the file of its table`,
        );
      }
      declared.set(quota.name, name);
    }
  }
  return files;
}

export function digestOf(sql: string): string {
  return createHash("sha256").update(sql).digest("hex").slice(0, 12);
}

function checkName(name: string, expected: number, dir: string): void {
  const number = NAME.exec(name)?.[1];
  const wanted = String(expected).padStart(4, "0");
  if (number === undefined) {
    throw new TenantryError(
      "TN-331",
      `${join(dir, name)} is no name for an SQL file; allowed are four digits and lower-case words, such as ${wanted}_tags.sql`,
    );
  }
  if (number !== wanted) {
    const problem = Number(number) < expected ? `has a number that is taken` : `leaves a gap`;
    throw new TenantryError(
      "TN-331",
      `${join(dir, name)} ${problem}; files are numbered from 0001 one by one: the number here is ${wanted}`,
    );
  }
}
