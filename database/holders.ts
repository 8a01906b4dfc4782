/** Sessions that hold a managed table so that nobody can look at it: `lock table` is allowed to whoever may write. */
import { type Client, DatabaseError } from "pg";
import { POOLED_SCHEMA } from "../registry/names";
import { readSessions } from "./activity";

const LOCK_NOT_AVAILABLE = "55P03";

/** How long one session may take to end, in milliseconds. */
const PATIENCE_MS = 5_000;

/**
 * Does `look`, outside of a transaction. Where a lock keeps it waiting for too long, sessions of tenants and of the pooled
 * application that hold such a lock are ended, which none of them needs for its work, and it is done once more: or somebody could
 * put its own suspension off.
 */
export async function withoutHolders<T>(client: Client, look: () => Promise<T>): Promise<T> {
  try {
    return await look();
  } catch (error) {
    if (!(error instanceof DatabaseError) || error.code !== LOCK_NOT_AVAILABLE) throw error;
    if ((await endHolders(client)) === 0) throw error;
    return await look();
  }
}

/** Gives their number. Who waits for such a lock holds others up as well. A migrator's may be a change of a table, and is left alone. */
async function endHolders(client: Client): Promise<number> {
  const pids = (await readSessions(client)).map(({ pid }) => pid);
  const { rowCount } = await client.query(END, [pids]);
  return rowCount ?? 0;
}

const END = `
select pg_terminate_backend(pid, ${PATIENCE_MS}) from (
  select distinct l.pid
  from pg_locks l join pg_class c on c.oid = l.relation join pg_namespace n on n.oid = c.relnamespace
  where l.locktype = 'relation' and l.mode = 'AccessExclusiveLock' and l.pid = any ($1)
    and l.database = (select oid from pg_database where datname = current_database())
    and (n.nspname = '${POOLED_SCHEMA}' or n.nspname in (
      select schema_name from tenantry.tenants where tier <> 'pooled' and tables = 'managed'))
) holding`;
