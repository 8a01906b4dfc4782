/** `tenantry directory`: where every tenant really is, as the cells report it. */
import type { Command } from "commander";
import type { DirectoryRow } from "../registry/types";
import { readDirectory } from "./estate";
import { STACK_OPTION } from "./options";
import { printJson, printTable } from "./output";

const COLUMNS = ["slug", "tier", "cell", "host", "port", "database", "schema", "status", "id"] as const;

export function register(program: Command): void {
  program
    .command("directory")
    .description("print where every tenant is: host, port, database, schema, status; no secrets")
    .option(...STACK_OPTION)
    .option("--json", "print an array of rows")
    .addHelpText("after", "\nExample:\n  $ npx tenantry directory --json | jq '.[] | select(.tier == \"dedicated\")'")
    .action(async ({ stack, json }: { stack: string; json?: boolean }) => {
      const rows = readDirectory(stack);
      if (json) printJson(rows);
      else print(rows);
    });
}

/** With a column of read replicas where there are any. */
function print(rows: readonly DirectoryRow[]): void {
  const replicated = rows.some(({ readers }) => readers !== undefined);
  const columns = replicated ? [...COLUMNS, "readers"] : COLUMNS;
  printTable(
    columns,
    rows.map((row) => (replicated ? [...cells(row), renderReaders(row)] : cells(row))),
  );
}

const cells = (row: DirectoryRow): string[] => COLUMNS.map((column) => String(row[column]));

/** `host:port host:port`, or `-`. */
const renderReaders = ({ readers = [] }: DirectoryRow): string =>
  readers.map(({ host, port }) => `${host}:${port}`).join(" ") || "-";
