/** Looks at a live cell with all lints. Changes nothing. */
import { type Client, DatabaseError } from "pg";
import { TenantryError } from "../registry/errors";
import { isLocal, withClient } from "./connect";
import { FLOORS } from "./floor";
import { LINT_SOURCES } from "./lint-sources";
import type { Lint } from "./lints";
import { openToRead } from "./open-to-read";
import type { Connection } from "./types";

export interface LintFinding extends Pick<Lint, "severity" | "fix"> {
  /** Name of the lint. */
  readonly lint: string;
  /** Where: `pooled.topics policy support`. */
  readonly object: string;
  readonly detail: string;
}

/** What a lint cannot read from the database. */
export interface LintGiven {
  /** Extensions that the registry names. */
  readonly extensions: readonly string[];
  /** Major version to the least minor one; undefined: any will do. */
  readonly floors: Readonly<Record<number, number>> | undefined;
}

export interface LintOptions extends Pick<LintGiven, "extensions"> {
  readonly connection: Connection;
  readonly cell: string;
}

/**
 * Findings in the order of the lints; none before the first run. As the RDS-like admin, in a transaction that cannot write: what
 * a lint calls cannot either. Servers of a local stack may have any minor version.
 * @throws TenantryError TN-301 to TN-304, TN-306, TN-334 for a lint that fails.
 */
export async function lintCell(
  { connection, cell, extensions }: LintOptions,
  lints: readonly Lint[],
): Promise<readonly LintFinding[]> {
  const floors = isLocal(connection) ? undefined : FLOORS;
  return await withClient({ connection, cell, purpose: "lint", anyMinor: true }, async (client) => {
    const facts = await openToRead(client, cell);
    if (facts === undefined) return [];
    await client.query("begin transaction read only");
    return await runLints(client, lints, { extensions, floors }); // ending the session ends the transaction
  });
}

/** Inside a transaction, with a search path of `pg_catalog` alone. */
export async function runLints(
  client: Client,
  lints: readonly Lint[],
  given: LintGiven,
): Promise<readonly LintFinding[]> {
  // The planner has no idea how many tables there are of a kind, and would go through all of them once for each.
  await client.query("set local enable_nestloop = off");
  const rows = await readRows(client, renderLints(lints), [given.extensions, given.floors ?? null]);
  return rows.flatMap(({ at, object, detail }) => {
    const lint = lints[at];
    return lint ? [{ lint: lint.name, severity: lint.severity, object, detail, fix: lint.fix }] : [];
  });
}

/** One query: what the lints look at is read once for all of them. */
function renderLints(lints: readonly Lint[]): string {
  const each = lints.map(
    ({ sql }, at) => `select ${at} as at, object, detail from (\n${sql}\n) found (object, detail)`,
  );
  return `with ${LINT_SOURCES}\n${each.join("\nunion all\n")}\norder by at, object, detail`;
}

interface Row {
  /** Index of the lint. */
  readonly at: number;
  readonly object: string;
  readonly detail: string;
}

async function readRows(client: Client, text: string, values: unknown[]): Promise<readonly Row[]> {
  try {
    // To plan it takes longer than to run it: with a name, a session that asks again keeps the plan.
    return (await client.query<Row>({ name: "tenantry lint", text, values })).rows;
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error;
    throw new TenantryError("TN-334", `sql/lint fails on this server: ${error.message}`);
  }
}
