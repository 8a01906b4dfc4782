/** `tenantry sql <tenant> "<statement>"`: one statement as that tenant, the right way for its tier. */
import { readFileSync } from "node:fs";
import type { Command } from "commander";
import { DatabaseError, type FieldDef, Pool } from "pg";
import { asTenant } from "../client/as-tenant";
import { dialledSocket } from "../database/dial";
import { TenantryError } from "../registry/errors";
import type { DirectoryRow } from "../registry/types";
import { findTenant, openVault } from "./estate";
import { STACK_OPTION } from "./options";
import { printJson, printLine, printNote, printTable } from "./output";
import { type Reach, reachOf } from "./reach";
import { readSecret, type TenantSecret } from "./secret";

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
      const secret = await readSecret(await openVault(stack), row);
      const run = runAsTenant(secret, statement, { ...reachOf(row, stack), asText: !json });
      const result = await run.catch((error: unknown) => {
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

/** Runs the statement in a transaction of its own; a pooled tenant's carries the signed context. */
async function runAsTenant(
  secret: TenantSecret,
  statement: string,
  { bundle, dial, asText }: Reach & { readonly asText: boolean },
): Promise<Result> {
  const types = asText ? { types: { getTypeParser: () => (text: string) => text } } : {};
  // Only the protocol of prepared statements, which a name asks for, holds the text to be one statement.
  const query = { name: "tenantry sql", text: statement, rowMode: "array", ...types } as const;
  const ca = bundle === undefined ? undefined : readFileSync(bundle, "utf8");
  const pool = new Pool({
    host: secret.host,
    port: Number(secret.port),
    database: secret.database,
    user: secret.username,
    password: secret.password,
    ssl: secret.sslmode === "disable" ? false : { rejectUnauthorized: true, ...(ca && { ca }) },
    ...(dial && { stream: () => dialledSocket(dial) }),
    application_name: "tenantry sql",
    max: 1,
  });
  pool.on("connect", (client) => {
    client.on("notice", ({ severity, message }) => printNote(`${severity?.toLowerCase()}: ${message}`));
  });
  try {
    if (secret.context === undefined) return await pool.query(query);
    return await asTenant(pool, secret.context, (client) => client.query(query));
  } finally {
    await pool.end();
  }
}

/** What the server says, with its SQLSTATE; a tenant that is not active cannot run anything. Or that no server answers. */
function explain(error: unknown, { slug, status, cell, host, port }: DirectoryRow): unknown {
  if (error instanceof Error && "syscall" in error) {
    const advice =
      "`npx tenantry local status` shows the servers of this machine, `npx tenantry local start` starts them";
    return new TenantryError("TN-301", `cell ${cell} at ${host}:${port} does not answer (${error.message}); ${advice}`);
  }
  if (!(error instanceof DatabaseError)) return error;
  const instead =
    status === "active" ? "" : `; ${slug} is ${status}: \`status: active\` and an \`up\` give it access again`;
  return new TenantryError("TN-604", `PostgreSQL refused: ${error.message} (${error.code})${instead}`);
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
