/** Sessions of logins that may not be there any more. */
import { setTimeout as delay } from "node:timers/promises";
import type { Client } from "pg";

/** How long sessions may take to end, or to start, in milliseconds. */
const PATIENCE_MS = 5_000;
const POLL_MS = 10;

/** Ends the sessions of the logins that are there, and waits until they are gone. */
export async function endSessions(client: Client, logins: readonly string[]): Promise<void> {
  const until = performance.now() + PATIENCE_MS;
  while (logins.length > 0 && (await signal(client, logins)).signalled > 0 && performance.now() < until) {
    await delay(POLL_MS);
  }
}

/**
 * The same for logins that are closed for good, until none can be left. What closes them must be committed.
 *
 * A session that is starting has been admitted before it shows whose it is, and does not notice that its login is closed
 * meanwhile. So whoever is starting now is waited for, and then looked at; whoever starts later finds the login closed. One that
 * takes 5 s has not said its password yet, as a rule, and will be refused: the login is looked at after the password.
 * Source: PostgreSQL's `InitPostgres`. It checks the login after the password, and tells whose session it is at the end of the
 * same transaction, whose virtual id everybody sees among the locks.
 */
export async function endSessionsForGood(client: Client, logins: readonly string[]): Promise<void> {
  if (logins.length === 0) return;
  const until = performance.now() + PATIENCE_MS;
  let { starting } = await signal(client, logins);
  while (starting.length > 0 && performance.now() < until) {
    await delay(POLL_MS);
    const now = await signal(client, logins);
    starting = starting.filter((one) => now.starting.includes(one));
  }
  await endSessions(client, logins); // also one that has left the first list before the second was read, and is in neither
}

interface Signalled {
  /** Sessions of the logins that there were. */
  readonly signalled: number;
  /** Virtual transactions of sessions that do not show whose they are yet. */
  readonly starting: readonly string[];
}

/** Does not wait: PostgreSQL's own wait is for one session after the other, and looks every tenth of a second. */
async function signal(client: Client, logins: readonly string[]): Promise<Signalled> {
  const { rows } = await client.query<Signalled>(SIGNAL, [logins]);
  return rows[0] ?? { signalled: 0, starting: [] };
}

const SIGNAL = `
with starting as materialized (
  select l.virtualtransaction from pg_locks l
   where l.locktype = 'virtualxid' and l.pid is not null and not exists (
     select from pg_stat_activity a where a.pid = l.pid and (a.usesysid is not null or a.backend_type <> 'client backend'))
), signalled as materialized (
  select pg_terminate_backend(pid) from pg_stat_activity where usename = any ($1::name[])
)
select (select count(*)::int from signalled) as signalled,
  coalesce((select array_agg(virtualtransaction) from starting), '{}') as starting`;
