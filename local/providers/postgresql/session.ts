/** Sessions of the postgresql stand-in: as the RDS-like admin, one at a time. */
import { types } from "node:util";
import { Client, escapeIdentifier } from "pg";
import { TenantryError } from "../../../registry/errors";
import type { Props } from "../../provider";
import { text } from "../stand-in";

/** Runs `act` in a session of the database. Sessions of one provider wait for each other. */
export type WithSession = <T>(database: string, act: (client: Client) => Promise<T>) => Promise<T>;

/** Any server has it. */
export const DEFAULT_DATABASE = "postgres";

export const ident = escapeIdentifier;

/**
 * Catalog changes of one server run one after the other: two databases at a time fail, for they have one template. The
 * configuration is looked at when something is to be done: at preview host and port may be unknown.
 */
export function sessionsOf(config: Props): WithSession {
  let last: Promise<unknown> = Promise.resolve();
  return (database, act) => {
    const result = last.then(() => withClient(config, database, act));
    last = result.catch(() => undefined); // its own caller is told
    return result;
  };
}

async function withClient<T>(config: Props, database: string, act: (client: Client) => Promise<T>): Promise<T> {
  const host = text(config, "host");
  const port = Number(config.port);
  if (!Number.isInteger(port))
    throw new TenantryError("TN-527", "the postgresql provider has no port: give it the server's");
  if (config.sslmode !== "disable") {
    const advice = "set tenantry:tls to disable in the configuration of this stack";
    throw new TenantryError(
      "TN-527",
      `servers of this machine speak no TLS, and sslmode is ${config.sslmode ?? "missing"}: ${advice}`,
    );
  }
  const user = text(config, "username");
  const client = new Client({
    host,
    port,
    user,
    password: text(config, "password"),
    database,
    application_name: "tenantry up",
  });
  client.on("error", () => undefined); // a server that dies also fails the query that waits for it
  try {
    await client.connect();
    return await act(client);
  } catch (error) {
    throw explain(error, `${host}:${port}/${database}`);
  } finally {
    await client.end().catch(() => undefined); // the connection may be lost already
  }
}

/** In PostgreSQL's own words, which repeat no values of ours that are secret. */
function explain(error: unknown, where: string): unknown {
  if (error instanceof TenantryError || !types.isNativeError(error)) return error;
  const isDown = "code" in error && error.code === "ECONNREFUSED";
  return new TenantryError(
    "TN-528",
    `PostgreSQL at ${where}: ${error.message}${isDown ? "; it is down: run up again" : ""}`,
  );
}
