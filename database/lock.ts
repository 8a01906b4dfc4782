/** One writer per cell. */
import { type Client, DatabaseError } from "pg";
import { TenantryError } from "../registry/errors";

/** The two halves of the advisory lock's key: "tena", "ntry" in ASCII. Advisory locks belong to a database. */
const KEY = [0x74656e61, 0x6e747279] as const;
const LOCK_NOT_AVAILABLE = "55P03";

/**
 * Runs `work` as the only writer of the cell. The lock belongs to the session: a run that is killed gives it back.
 * @throws TenantryError TN-305, which says who holds it, when it is not to be had within `timeoutMs`.
 */
export async function withLock<T>(client: Client, cell: string, timeoutMs: number, work: () => Promise<T>): Promise<T> {
  try {
    // One text is one transaction: the timeout is local to it, the lock outlives it.
    await client.query(
      `set local lock_timeout = ${Math.max(1, Math.round(timeoutMs))}; select pg_advisory_lock(${KEY.join(", ")})`,
    );
  } catch (error) {
    if (!(error instanceof DatabaseError) || error.code !== LOCK_NOT_AVAILABLE) throw error;
    throw new TenantryError(
      "TN-305",
      `another run works on cell ${cell}: ${await holder(client)}; wait until it ends, then run the command again`,
    );
  }
  return await work(); // ending the session gives the lock back
}

async function holder(client: Client): Promise<string> {
  const { rows } = await client.query<{ who: string }>(
    `select format('%s, server process %s, since %s', coalesce(nullif(a.application_name, ''), 'an unnamed session'), a.pid,
         to_char(a.backend_start at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"')) as who
       from pg_locks l join pg_stat_activity a using (pid)
      where l.locktype = 'advisory' and l.granted and l.objsubid = 2
        and l.classid = $1 and l.objid = $2
        and l.database = (select oid from pg_database where datname = current_database())`,
    [...KEY],
  );
  return rows[0]?.who ?? "it has just ended";
}
