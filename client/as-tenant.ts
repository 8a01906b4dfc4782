/** Runs a transaction as one tenant of a pooled cell. */
import type { ClientBase, Pool, PoolClient } from "pg";

/** What a transaction may do with its connection. */
export type TenantClient = Pick<ClientBase, "query">;

/**
 * Runs `fn` in one transaction that presents `context`, commits, and gives back what `fn` gave; rolls back when it throws.
 * With a pool made with `pipeline: true`, `begin`, the context and the first statement of `fn` share one round trip.
 *
 * The context is local to the transaction, so that the next user of the connection never inherits it. A connection that
 * does not come back from its transaction is discarded. Do not use the client after `fn` has returned.
 */
export async function asTenant<T>(pool: Pool, context: string, fn: (client: TenantClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  const lost = (error: Error) => {
    broken = error;
  };
  client.on("error", lost); // unheard, it would end the process; the query that met it throws it as well
  try {
    const result = await within(client, context, fn);
    await commit(client);
    return result;
  } catch (error) {
    await client.query("rollback").catch(lost);
    throw error;
  } finally {
    client.off("error", lost);
    client.release(broken ?? client.getTransactionStatus() !== "I");
  }
}

async function within<T>(client: PoolClient, context: string, fn: (client: TenantClient) => Promise<T>): Promise<T> {
  const opening = open(client, context);
  if (!client.pipeline) await opening;
  // Pipelined, `fn` has sent its first statement before the opening is answered. A refused opening leaves the transaction
  // aborted or never begun: the statement then fails, or runs without a context and meets no rows.
  const [opened, done] = await Promise.allSettled([opening, Promise.resolve(client).then(fn)]);
  if (opened.status === "rejected") throw opened.reason;
  if (done.status === "rejected") throw done.reason;
  return done.value;
}

async function open(client: PoolClient, context: string): Promise<void> {
  const begun = client.query("begin");
  if (!client.pipeline) await begun;
  await Promise.all([begun, client.query("select set_config('tenantry.context', $1, true)", [context])]);
}

/** PostgreSQL answers `commit` with a rollback, and no error, when a statement had failed and its error was caught. */
async function commit(client: PoolClient): Promise<void> {
  const { command } = await client.query("commit");
  if (command !== "COMMIT") {
    throw new Error("the transaction was rolled back: one of its statements had failed, and its error was swallowed");
  }
}
