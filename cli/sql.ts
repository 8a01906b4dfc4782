/** `tenantry sql <tenant> "<statement>"`: one statement as that tenant, the right way for its tier. */
import type { Command } from "commander";
import { DatabaseError, Pool, type QueryResult } from "pg";
import { asTenant } from "../client/as-tenant";
import { type Address, dialAddress, dialledSocket } from "../database/dial";
import { TenantryError } from "../registry/errors";
import type { DirectoryRow } from "../registry/types";
import { findTenant, openVault, readTrustedAuthorities } from "./estate";
import { STACK_OPTION } from "./options";
import { printJson, printLine, printTable } from "./output";
import { readSecret, type TenantSecret } from "./secret";

export function register(program: Command): void {
  program
    .command("sql <tenant> <statement>")
    .description(
      "run one statement as a tenant: with its own login, or through the cell's application login with a signed context",
    )
    .option(...STACK_OPTION)
    .option("--json", "print the rows as an array of objects")
    .addHelpText("after", '\nExample:\n  $ tenantry sql cedar "select name from topics"')
    .action(async (slug: string, statement: string, { stack, json }: { stack: string; json?: boolean }) => {
      const row = findTenant(stack, slug);
      const secret = await readSecret(await openVault(stack), row);
      const result = await runAsTenant(secret, statement, reachOf(row, stack)).catch((error: unknown) => {
        throw explain(error, row);
      });
      if (json) printJson(result.rows);
      else printResult(result);
    });
}

/** How a server is reached, beyond what its secret says: as `up` reaches it. */
interface Reach {
  readonly ca: string | undefined;
  readonly dial: Address | undefined;
}

const reachOf = ({ cell }: DirectoryRow, stack: string): Reach => ({
  ca: readTrustedAuthorities(stack),
  dial: dialAddress(cell, process.env),
});

/** Runs the statement in a transaction of its own; a pooled tenant's carries the signed context. */
async function runAsTenant(secret: TenantSecret, statement: string, { ca, dial }: Reach): Promise<QueryResult> {
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
  try {
    if (secret.context === undefined) return await pool.query(statement);
    return await asTenant(pool, secret.context, (client) => client.query(statement));
  } finally {
    await pool.end();
  }
}

/** What the server says, with its SQLSTATE; a tenant that is not active cannot run anything. */
function explain(error: unknown, { slug, status }: DirectoryRow): unknown {
  if (!(error instanceof DatabaseError)) return error;
  const instead =
    status === "active" ? "" : `; ${slug} is ${status}: \`status: active\` and an \`up\` give it access again`;
  return new TenantryError("TN-604", `PostgreSQL refused: ${error.message} (${error.code})${instead}`);
}

function printResult({ command, rowCount, fields, rows }: QueryResult): void {
  const columns = fields.map(({ name }) => name);
  if (columns.length === 0) {
    printLine(`${command} ${rowCount ?? 0}`);
    return;
  }
  printTable(
    columns,
    rows.map((row) => columns.map((column) => (row[column] === null ? "" : String(row[column])))),
  );
  printLine(`(${rows.length} ${rows.length === 1 ? "row" : "rows"})`);
}
