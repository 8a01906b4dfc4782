/** What the SQL files say, in twelve digits each: a changed file makes every cell differ, and the review names the file. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const FOLDERS = ["cell", "tenant"] as const;

/** `cell/0001_control.sql` and `tenant/0001_accounts.sql` to the first 12 hex digits of the SHA-256 of the text. */
export function loadSqlDigests(sqlDir: string): Record<string, string> {
  return Object.fromEntries(
    FOLDERS.flatMap((folder) =>
      readdirSync(join(sqlDir, folder))
        .filter((file) => file.endsWith(".sql"))
        .sort()
        .map((file) => [`${folder}/${file}`, digest(readFileSync(join(sqlDir, folder, file), "utf8"))]),
    ),
  );
}

const digest = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 12);
