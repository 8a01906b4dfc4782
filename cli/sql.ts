/** `tenantry sql <tenant> "<statement>"`: one statement as that tenant, the right way for its tier. */
import { readFileSync } from "node:fs";
import type { Command } from "commander";
import { DatabaseError, type FieldDef } from "pg";
import { connect, NoConnection } from "../client";
import { TenantryError } from "../registry/errors";
import type { DirectoryRow } from "../registry/types";
import { findTenant, openVault } from "./estate";
import { STACK_OPTION } from "./options";
import { printJson, printLine, printNote, printTable } from "./output";
import { reachOf } from "./reach";

export function register(program: Command): void {
  program
    .command("sql <tenant> <statement>")
    .description(
      "run one statement as a tenant: with its own login, or through the cell's application login with a signed context",
    )
    .option(...STACK_OPTION)
    .option("--json", "print the rows as an array of objects")
    .addHelpText("after", '\nExample:\n  $ npx tenantry sql cedar "select name from topics"')
    .action(async (slug: string, statement: string, { stack, json }: { stack: string; json?: boolean }) => {
      const row = findTenant(stack, slug);
      const result = await runAsTenant(row, statement, { stack, asText: !json }).catch((error: unknown) => {
        throw explain(error, row);
      });
      if (json) printJson(result.rows.map((cells) => named(result.fields, cells)));
      else printResult(result);
    });
}

/** Rows as arrays: two columns may have one name. */
interface Result {
  readonly command: string | null;
  readonly rowCount: number | null;
  readonly fields: readonly FieldDef[];
  readonly rows: readonly (readonly unknown[])[];
}

/** Through the client that applications use: whatever the tier, the statement is one, and a transaction of its own. */
async function runAsTenant(
  row: DirectoryRow,
  text: string,
  { stack, asText }: { readonly stack: string; readonly asText: boolean },
): Promise<Result> {
  const { bundle, way } = reachOf(row, stack);
  const vault = await openVault(stack);
  const client = connect({
    directory: [row],
    secrets: async (path) => (await vault.read(path))?.data,
    applicationName: "tenantry sql",
    onNotice: ({ severity, message }) => printNote(`${severity?.toLowerCase()}: ${message}`),
    ...(bundle && { ca: readFileSync(bundle, "utf8") }),
    ...(way && { socket: way.socket }),
  });
  try {
    const types = asText ? { types: { getTypeParser: () => (value: string) => value } } : {};
    return await client.query(row.slug, { text, rowMode: "array", ...types });
  } finally {
    await client.close();
  }
}

/** What the server says, with its SQLSTATE; or that no server answers. */
function explain(error: unknown, { cell, host, port }: DirectoryRow): unknown {
  if (error instanceof NoConnection) {
    const advice =
      "`npx tenantry local status` shows the servers of this machine, `npx tenantry local start` starts them";
    const reason = error.cause instanceof Error ? error.cause.message : error.message;
    return new TenantryError("TN-301", `cell ${cell} at ${host}:${port} does not answer (${reason}); ${advice}`);
  }
  if (!(error instanceof DatabaseError)) return error;
  // "2 of 3 used" alone does not say that two more were asked for. Who types a statement may see its own values again.
  const detail = error.detail === undefined ? "" : `; ${error.detail}`;
  return new TenantryError("TN-604", `PostgreSQL refused: ${error.message} (${error.code}${detail})`);
}

const named = (fields: readonly FieldDef[], cells: readonly unknown[]): Readonly<Record<string, unknown>> =>
  Object.fromEntries(fields.map(({ name }, at) => [name, cells[at]]));

function printResult({ command, rowCount, fields, rows }: Result): void {
  if (fields.length === 0) {
    printLine([command ?? "nothing to run", rowCount].filter((part) => part !== null).join(" "));
    return;
  }
  printTable(
    fields.map(({ name }) => name),
    rows.map((cells) => cells.map((cell) => (cell === null ? "" : String(cell)))),
  );
  printLine(`(${rows.length} ${rows.length === 1 ? "row" : "rows"})`);
}
