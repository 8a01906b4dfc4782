/** A statement with its tenant's context, in one message: a transaction of its own that ends with it. */
import { type Connection, type PoolClient, Query, type QueryResult } from "pg";
import type { Presentation } from "./presentation";
import type { ExtendedQuery } from "./statement";

/** What each connection has prepared. */
const prepared = new WeakMap<Connection, Set<string>>();

/**
 * Sends what the tenant presents and the statement before one `Sync`: PostgreSQL runs what stands before it as one transaction, which it commits
 * there, or rolls back when something failed. Source: PostgreSQL's "Message Flow", "Pipelining". `pg` sends a `Sync` behind each
 * statement of its own, so its messages are written in front of those of its query; the result is its last.
 */
export function sendPresented(
  client: PoolClient,
  presentation: Presentation,
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
        present(connection, presentation, named);
        return submit.call(sent, connection);
      } finally {
        connection.stream.uncork();
      }
    };
    client.query(sent);
  });
}

function present(connection: Connection, { kind, settings, values }: Presentation, named: boolean): void {
  const name = named ? `tenantry_presented_${kind}` : "";
  // Without a name there is nothing to come back to: unparsed, the statement before it would be run once more.
  if (!named || !isPrepared(connection, name)) {
    // As that of a transaction, but without a row: the rows that come are the statement's.
    connection.parse({ name, text: `select where ${settings.join(" || ")} is null`, types: [] }, true);
  }
  connection.bind({ statement: name, values: [...values] }, true);
  connection.execute(null, true);
}

/** Whether it was so before; it is from now on. */
function isPrepared(connection: Connection, name: string): boolean {
  const names = prepared.get(connection) ?? new Set();
  prepared.set(connection, names);
  const before = names.has(name);
  names.add(name);
  return before;
}
