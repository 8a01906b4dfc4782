/** The quotas that exist: declared where the tables are, as `--! quota: <name> <measure>` in the table files. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { TenantryError } from "./errors";
import { quote } from "./quote";

const DIRECTIVE = /^--! *quota:(.*)$/gm;
/** As long as the names of triggers leave room for. */
const NAME = /^ *([a-z][A-Za-z0-9]{0,19}) +\S/;

/** `sqlDir` holds the folder `tenant`. Names in the order of the files. What a quota measures is the database's to read. */
export function loadQuotaNames(sqlDir: string): string[] {
  const dir = join(sqlDir, "tenant");
  const files = readdirSync(dir).filter((file) => file.endsWith(".sql"));
  return files.sort().flatMap((file) => quotaNamesIn(join(dir, file), readFileSync(join(dir, file), "utf8")));
}

/** @throws TenantryError TN-120 for a directive without a name. */
export function quotaNamesIn(file: string, sql: string): string[] {
  return [...sql.matchAll(DIRECTIVE)].map(([directive, rest = ""]) => {
    const name = NAME.exec(rest)?.[1];
    if (name !== undefined) return name;
    throw new TenantryError(
      "TN-120",
      `${file}: ${quote(directive)} names no quota; a name is at most 20 letters and digits and a measure follows; write --! quota: topics count topics`,
    );
  });
}
