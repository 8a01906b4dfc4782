/** The lints over the cells of a running estate. */
import { existsSync } from "node:fs";
import { type LintFinding, lintCell } from "../database/lint";
import { loadLints } from "../database/lints";
import { reasonOf } from "../database/reason";
import { stackHome } from "../local/home";
import type { CellInputs } from "../provider/inputs";
import { TenantryError } from "../registry/errors";
import { place } from "../registry/place";
import { readCells } from "./cells";
import { LINT_DIR, loadStackRegistry, PROJECT_DIR } from "./project";

export interface LintedCell {
  readonly cell: string;
  readonly findings: readonly LintFinding[];
  /** Why the cell could not be looked at. */
  readonly failure?: string;
}

/** All cells at once, or `only` one. @throws RegistryErrors, TenantryError TN-334, TN-601, TN-608 */
export async function lintEstate(stack: string, only?: string): Promise<readonly LintedCell[]> {
  const lints = loadLints(LINT_DIR);
  const placed = new Map(place(loadStackRegistry(stack)).cells.map(({ name, extensions }) => [name, extensions]));
  const lint = async ({ cell, connection }: CellInputs): Promise<LintedCell> => {
    try {
      return { cell, findings: await lintCell({ connection, cell, extensions: placed.get(cell) ?? [] }, lints) };
    } catch (error) {
      // One cell that fails hides nothing of the others, and does not fail an `up` that worked.
      const failure = error instanceof TenantryError ? error.message : `cell ${cell}: ${reasonOf(error)}`;
      return { cell, findings: [], failure };
    }
  };
  return await Promise.all(readCells(stack, only).map(lint));
}

/** What to say after an `up` on this machine that worked: nothing when all is well. */
export async function lintNotes(stack: string): Promise<readonly string[]> {
  if (!existsSync(stackHome(PROJECT_DIR, stack))) return []; // there was a question, and the answer was no
  const cells = await lintEstate(stack);
  return cells.flatMap(({ cell, findings, failure }) => {
    const lints = [...new Set(findings.map(({ lint }) => lint))];
    if (lints.length === 0) return failure === undefined ? [] : [`lints: ${failure}`];
    return [
      `lints of ${cell}: ${lints.join(", ")}; \`npx tenantry lint --stack ${stack} --cell ${cell}\` says where, and what to do`,
    ];
  });
}
