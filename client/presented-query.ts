/** A statement with its tenant's context, in one message: a transaction of its own that ends with it. */
import { type Connection, type PoolClient, Query, type QueryResult } from "pg";
import type { ExtendedQuery } from "./statement";

const NAME = "tenantry_presented";

/** As `PRESENT` of a transaction, but without a row: the rows that come are the statement's. */
const PRESENT =
  "select where set_config('tenantry.context', '', false) || set_config('tenantry.context', $1, true) is null";

/** Connections that have prepared it. */
const prepared = new WeakSet<Connection>();

/**
 * Sends the context and the statement before one `Sync`: PostgreSQL runs what stands before it as one transaction, which it commits
 * there, or rolls back when something failed. Source: PostgreSQL's "Message Flow", "Pipelining". `pg` sends a `Sync` behind each
 * statement of its own, so the context's messages are written in front of those of its query; the result is its last.
 */
export function sendPresented(
  client: PoolClient,
  context: string,
  query: ExtendedQuery,
  named: boolean,
): Promise<QueryResult> {
  return new Promise((resolve, reject) => {
    const sent = new Query(query, (error, result: unknown) => {
      const last: QueryResult | undefined = Array.isArray(result) ? result.at(-1) : undefined;
      if (error) reject(error);
      else if (last) resolve(last);
      else reject(new Error("the statement is empty"));
    });
    const submit = sent.submit;
    sent.submit = (connection) => {
      connection.stream.cork();
      try {
        present(connection, context, named);
        return submit.call(sent, connection);
      } finally {
        connection.stream.uncork();
      }
    };
    client.query(sent);
  });
}

function present(connection: Connection, context: string, named: boolean): void {
  const name = named ? NAME : "";
  // Without a name there is nothing to come back to: unparsed, the statement before it would be run once more.
  if (!named || !prepared.has(connection)) {
    connection.parse({ name, text: PRESENT, types: [] }, true);
    if (named) prepared.add(connection);
  }
  connection.bind({ statement: name, values: [context] }, true);
  connection.execute(null, true);
}
