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
      else printTable(COLUMNS, rows.map(cells));
    });
}

const cells = (row: DirectoryRow): string[] => COLUMNS.map((column) => String(row[column]));
