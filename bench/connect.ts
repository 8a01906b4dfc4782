/** Plain connections, as both sides open them. */
import { Client, type ClientConfig } from "pg";
import type { Connection } from "../database/types";

export function clientConfig(connection: Connection): ClientConfig {
  const { host, port, database, username, password } = connection;
  return { host, port, database, user: username, password };
}

/** Lends one connection to `act`. */
export async function withConnection<T>(connection: Connection, act: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client(clientConfig(connection));
  await client.connect();
  try {
    return await act(client);
  } finally {
    await client.end();
  }
}
