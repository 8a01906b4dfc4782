/** Sessions of the RDS-like admin. */
import { hostname } from "node:os";
import { Client } from "pg";
import { TenantryError } from "../registry/errors";
import { wayTo } from "./dial";
import { assertVersion } from "./floor";
import { reasonOf } from "./reason";
import { tlsOf } from "./tls";
import type { Connection } from "./types";

export interface Target {
  readonly connection: Connection;
  /** Name of the cell: decides which `TENANTRY_DIAL_<CELL>` is heard. */
  readonly cell: string;
  /** What the session does, for those who look at `pg_stat_activity` or wait for the lock. */
  readonly purpose: string;
  /** Also a server whose minor version is too old: for whoever tells of that and does nothing else. */
  readonly anyMinor?: boolean;
}

/**
 * Names resolve in `pg_catalog` alone, so that nothing in a tenant's schema can stand in for it. With `row_security = off`,
 * rows that a policy would hide are an error and never silence.
 */
const SESSION = {
  search_path: "pg_catalog",
  row_security: "off",
  // Compiling costs more than it saves: catalogs make plans look dear, and what runs here runs once.
  jit: "off",
  statement_timeout: "10min",
  lock_timeout: "30s",
  idle_in_transaction_session_timeout: "5min",
  client_min_messages: "warning",
};

const LOOPBACK = new Set(["127.0.0.1", "::1", "localhost"]);
const isLoopback = ({ host }: Connection): boolean => LOOPBACK.has(host);

/** True for a server of a local stack: no other may go without TLS. */
export const isLocal = (connection: Connection): boolean => isLoopback(connection) && connection.sslmode === "disable";

/**
 * Borrows a session and ends it. @throws TenantryError TN-301 when the server cannot be reached, TN-302 when it is too old,
 * TN-303 for a connection without TLS to anything but this machine, TN-315 when it is lost on the way.
 */
export async function withClient<T>(target: Target, use: (client: Client) => Promise<T>): Promise<T> {
  const { connection, cell } = target;
  if (connection.sslmode === "disable" && !isLoopback(connection)) {
    throw new TenantryError(
      "TN-303",
      `cell ${cell}: sslmode is disable for ${connection.host}; it is allowed for a server on this machine only: ` +
        "set tenantry:tls to verify-full",
    );
  }
  const client = new Client(settings(target));
  let lost = false;
  client.on("error", () => {
    lost = true;
  });
  try {
    await client.connect();
  } catch (error) {
    throw unreachable(target, error);
  }
  try {
    const { rows } = await client.query<{ version: string }>("select current_setting('server_version_num') as version");
    assertVersion(Number(rows[0]?.version), isLocal(connection) || target.anyMinor === true);
    return await use(client);
  } catch (error) {
    if (error instanceof TenantryError || !lost) throw error;
    throw new TenantryError(
      "TN-315",
      `cell ${cell}: the connection was lost in the middle of the run (${reasonOf(error)}); what was done is kept: ` +
        "run the command again, it goes on where this one ended",
    );
  } finally {
    await client.end();
  }
}

function settings({ connection, cell, purpose }: Target) {
  const { host, port, database, username, password } = connection;
  const way = wayTo(cell, connection, process.env);
  return {
    host,
    port,
    database,
    user: username,
    password,
    ssl: tlsOf(connection),
    application_name: `tenantry ${purpose} (${hostname()}:${process.pid})`.slice(0, 63),
    connectionTimeoutMillis: 15_000,
    keepAlive: true,
    options: Object.entries(SESSION)
      .map(([name, value]) => `-c ${name}=${value}`)
      .join(" "),
    ...(way === undefined ? {} : { stream: way.socket }),
  };
}

function unreachable({ connection, cell }: Target, error: unknown): TenantryError {
  const dialled = wayTo(cell, connection, process.env)?.dialled;
  const where = `${connection.host}:${connection.port}${dialled ? ` (dialled at ${dialled.host}:${dialled.port})` : ""}`;
  return new TenantryError(
    "TN-301",
    `cell ${cell}: no session on ${where}, database ${connection.database}, user ${connection.username}: ${reasonOf(error)}`,
  );
}
