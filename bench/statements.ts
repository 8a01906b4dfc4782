/** Counts SQL statements inside the server: each statement of a text with several counts, whoever sent it. */
import type { Client } from "pg";
import type { Connection } from "../database/types";
import { withConnection } from "./connect";

/** Statements that `act` makes the server run at top level. Nobody else may use the server meanwhile. */
export async function countStatements(superuser: Connection, act: () => Promise<unknown>): Promise<readonly Counted[]> {
  return withConnection(superuser, async (client) => {
    await client.query("create extension if not exists pg_stat_statements");
    await client.query("select pg_stat_statements_reset()");
    await act();
    return read(client);
  });
}

export interface Counted {
  /** The statement with its constants as `$1`. */
  readonly query: string;
  readonly calls: number;
}

export const total = (counted: readonly Counted[]): number => counted.reduce((sum, { calls }) => sum + calls, 0);

async function read(client: Client): Promise<readonly Counted[]> {
  const { rows } = await client.query<Counted>(
    "select query, calls::int from pg_stat_statements where toplevel and query !~ 'pg_stat_statements' order by calls desc",
  );
  return rows;
}
