/** One writer per cell. */
import { type Client, DatabaseError } from "pg";
import { TenantryError } from "../registry/errors";

/** The two halves of the advisory lock's key: "tena", "ntry" in ASCII. Advisory locks belong to a database. */
const KEY = [0x74656e61, 0x6e747279] as const;
const LOCK_NOT_AVAILABLE = "55P03";

/** Sessions that hold this database's lock or wait for it. */
const SESSIONS = `pg_locks l join pg_stat_activity a using (pid)
  where l.locktype = 'advisory' and l.objsubid = 2 and l.classid = ${KEY[0]} and l.objid = ${KEY[1]}
    and l.database = (select oid from pg_database where datname = current_database())`;

/** How long one session may take to end, in milliseconds. */
const PATIENCE_MS = 5_000;

/**
 * Runs `work` as the only writer of the cell. The lock belongs to the session: a run that is killed gives it back. Whoever may
 * connect can take it, and nothing can forbid that: sessions of anybody but the admin that are in the way are ended.
 * @throws TenantryError TN-305, which says who holds it, when it is not to be had within `timeoutMs`.
 */
export async function withLock<T>(client: Client, cell: string, timeoutMs: number, work: () => Promise<T>): Promise<T> {
  const locked =
    (await tryLock(client, timeoutMs)) || ((await endIntruders(client)) > 0 && (await tryLock(client, timeoutMs)));
  if (!locked) {
    throw new TenantryError(
      "TN-305",
      `another run works on cell ${cell}: ${await holder(client)}; wait until it ends, then run the command again`,
    );
  }
  return await work(); // ending the session gives the lock back
}

/** Whether somebody works on the cell as its only writer now. */
export async function isLocked(client: Client): Promise<boolean> {
  const { rows } = await client.query(`select from ${SESSIONS} and l.granted`);
  return rows.length > 0;
}

async function tryLock(client: Client, timeoutMs: number): Promise<boolean> {
  try {
    // One text is one transaction: the timeout is local to it, the lock outlives it.
    await client.query(
      `set local lock_timeout = ${Math.max(1, Math.round(timeoutMs))}; select pg_advisory_lock(${KEY.join(", ")})`,
    );
    return true;
  } catch (error) {
    if (!(error instanceof DatabaseError) || error.code !== LOCK_NOT_AVAILABLE) throw error;
    return false;
  }
}

/** Gives their number. No admin may end a superuser's session. */
async function endIntruders(client: Client): Promise<number> {
  const { rowCount } = await client.query(
    `select pg_terminate_backend(pid, ${PATIENCE_MS}) from ${SESSIONS}
        and a.usesysid in (select oid from pg_roles where rolname <> session_user and not rolsuper)`,
  );
  return rowCount ?? 0;
}

async function holder(client: Client): Promise<string> {
  const { rows } = await client.query<{ who: string }>(
    `select format('%s, server process %s, since %s', coalesce(nullif(a.application_name, ''), 'an unnamed session'), a.pid,
         to_char(a.backend_start at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"')) as who
       from ${SESSIONS} and l.granted`,
  );
  return rows[0]?.who ?? "it has just ended";
}
