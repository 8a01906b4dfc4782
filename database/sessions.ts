/** Sessions of logins that may not be there any more. */
import type { Client } from "pg";

/** How long one session may take to end, in milliseconds. */
const PATIENCE_MS = 5_000;

/** Ends all sessions of the logins and waits until they are gone. Gives their number. */
export async function endSessions(client: Client, logins: readonly string[]): Promise<number> {
  if (logins.length === 0) return 0;
  const { rowCount } = await client.query(
    "select pg_terminate_backend(pid, $2) from pg_stat_activity where usename = any($1::name[])",
    [logins, PATIENCE_MS],
  );
  return rowCount ?? 0;
}
