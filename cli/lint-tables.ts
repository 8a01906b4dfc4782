/** The lints over `sql/tenant` on an empty database, each finding with the place in a file that it comes from. */
import { join } from "node:path";
import { type LintFinding, lintCell } from "../database/lint";
import { loadLints } from "../database/lints";
import { loadSqlFiles, type SqlFile } from "../database/table-files";
import type { Failure } from "../database/types";
import { MAJORS } from "../local/postgres/binaries";
import { withRehearsal } from "../local/rehearsal";
import { place } from "../registry/place";
import { LINT_DIR, loadStackRegistry, SQL_DIR } from "./project";

export interface TableFinding extends LintFinding {
  /** `sql/tenant/0006_tags.sql:3`, the first to name what was found; missing when none does. */
  readonly place?: string;
}

export interface LintedTables {
  readonly findings: readonly TableFinding[];
  /** Why the files cannot be applied. */
  readonly failures: readonly string[];
}

/**
 * With the extensions of the stack's cells, on the oldest of their versions: what runs there runs on later ones.
 * @throws RegistryErrors, TenantryError TN-331, TN-332, TN-334, TN-520 to TN-524
 */
export async function lintTables(stack: string, sqlDir = SQL_DIR): Promise<LintedTables> {
  const { cells } = place(loadStackRegistry(stack));
  const extensions = [...new Set(cells.flatMap((cell) => cell.extensions))];
  const major = MAJORS.find((known) => cells.some(({ postgres }) => postgres === known)) ?? MAJORS[0];
  const files = loadSqlFiles(join(sqlDir, "tenant"));
  return await withRehearsal({ sqlDir, major, extensions }, async ({ connection, cell, failures }) => {
    const found = await lintCell({ connection, cell, extensions }, loadLints(LINT_DIR));
    return {
      findings: onceEach(found).map((finding) => ({ ...finding, ...placeOf(finding.object, files) })),
      failures: causesOf(failures),
    };
  });
}

/** A file that fails is a failure of the cell; those of its tenants follow from it. */
export function causesOf(failures: readonly Failure[]): readonly string[] {
  const ofCell = failures.filter(({ subject }) => subject === "cell");
  return (ofCell.length > 0 ? ofCell : failures).map(({ reason }) => reason);
}

/** Of the two schemas that the files were applied to, the first in which something was found stands for both. */
function onceEach(findings: readonly LintFinding[]): readonly LintFinding[] {
  const keyOf = ({ lint, object }: LintFinding) => `${lint} ${object.replace(SCHEMA, "")}`;
  const keys = findings.map(keyOf);
  return findings.filter((finding, at) => keys.indexOf(keyOf(finding)) === at);
}

const SCHEMA = /^\w+\./;

/** In the first of the files that name most of the object's words, where the last of them stands: `pooled.tags index tags_name`. */
export function placeOf(object: string, files: readonly SqlFile[]): { readonly place?: string } {
  const words = [...object.replace(SCHEMA, "").matchAll(/\w+/g)].map(([word]) => word).filter(isTelling);
  const named = files.map(({ name, sql }) => ({ name, lines: words.map((word) => lineOf(word, sql)).filter(Boolean) }));
  const [best] = named.sort((one, other) => other.lines.length - one.lines.length);
  const line = best?.lines.at(-1);
  return best && line ? { place: `sql/tenant/${best.name}:${line}` } : {};
}

const isTelling = (word: string): boolean => word !== "tenant_id";

/** From 1; 0 where no line but a comment has the word. */
const lineOf = (word: string, sql: string): number =>
  sql.split("\n").findIndex((line) => !line.startsWith("--") && new RegExp(`\\b${word}\\b`).test(line)) + 1;
