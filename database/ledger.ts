/** Which SQL files a schema has. A file that was applied never changes. */
import { TenantryError } from "../registry/errors";
import type { SqlFile } from "./table-files";

/** `0001_accounts.sql:1f0c..., 0002_...`: the files of a schema in order, each with the digest of its text. */
export type Ledger = string;

export const ledgerOf = (files: readonly SqlFile[]): Ledger =>
  files.map(({ name, digest }) => `${name}:${digest}`).join(",");

/** The same in SQL, for the rows of one schema. */
export const LEDGER_SQL = "string_agg(file || ':' || digest, ',' order by file collate \"C\")";

/**
 * The files that are still to be applied to a schema with this ledger.
 * @throws TenantryError TN-307 when an applied file was changed, is gone, or would run before one that was applied.
 */
export function pendingFiles<F extends SqlFile>(folder: string, files: readonly F[], applied: Ledger): readonly F[] {
  const entries = applied === "" ? [] : applied.split(",");
  entries.forEach((entry, index) => {
    const [name = "", digest = ""] = entry.split(":");
    const file = files[index];
    if (file?.name === name && file.digest === digest) return;
    const problem = file?.name === name ? `was changed (${digest} then, ${file.digest} now)` : "is gone";
    throw new TenantryError(
      "TN-307",
      `sql/${folder}/${name} ${problem}, but it is applied: bring its text back, and write the change in a new file`,
    );
  });
  return files.slice(entries.length);
}
