/** Real PostgreSQL for the rows that need it: embedded, on loopback, with the RDS-like admin, set as people run it. */
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Connection } from "../database/types";
import { ensureAdmin } from "../local/postgres/admin";
import { findBinaries } from "../local/postgres/binaries";
import { freePort, initServer, type ServerFiles, SUPERUSER, startServer, stopServer } from "../local/postgres/server";

export interface BenchServer {
  /** The RDS-like admin, in the database `postgres`. */
  readonly admin: Connection;
  /** For what a side needs set up that no admin may do, never for measured work unless the row says so. */
  readonly superuser: Connection;
  stop(): Promise<void>;
}

const MAJOR = 17;
const ADMIN = "tenantry_admin";

/** Durable, as production is: a commit waits for the disk. Everything else that is not named is PostgreSQL's default. */
const SETTINGS = {
  max_connections: "100",
  max_locks_per_transaction: "1024",
  shared_buffers: "512MB",
  max_wal_size: "4GB",
  shared_preload_libraries: "pg_stat_statements",
  "pg_stat_statements.max": "50000",
};

/** Version and settings, for the machine line. */
export function postgresLine(): string {
  const version = execFileSync(findBinaries(MAJOR).postgres, ["--version"], { encoding: "utf8" }).trim();
  const settings = Object.entries(SETTINGS).map(([name, value]) => `${name}=${value}`);
  return `${version.replace(/^postgres \(PostgreSQL\)/, "PostgreSQL")} on loopback, both sides alike: fsync and synchronous_commit on, ${settings.join(" ")}`;
}

const running = new Set<BenchServer>();

/** Lends a server of its own to `act`. */
export async function withServer<T>(act: (server: BenchServer) => Promise<T>): Promise<T> {
  const server = await openServer();
  try {
    return await act(server);
  } finally {
    await server.stop();
  }
}

/** Starts a server that lives until `stop` or the end of the run. */
export async function openServer(): Promise<BenchServer> {
  const root = mkdtempSync(join(tmpdir(), "tenantry-bench-"));
  chmodSync(root, 0o755); // the user that PostgreSQL runs as must reach it
  const files = { major: MAJOR, dir: join(root, "data") } as const;
  const passwords = { superuser: randomBytes(12).toString("hex"), admin: randomBytes(12).toString("hex") };
  await initServer(files, passwords.superuser);
  const port = await start(files);
  await ensureAdmin({ port, superuserPassword: passwords.superuser, username: ADMIN, password: passwords.admin });
  const connection = { host: "127.0.0.1", port, database: "postgres", sslmode: "disable" } as const;
  const server: BenchServer = {
    admin: { ...connection, username: ADMIN, password: passwords.admin },
    superuser: { ...connection, username: SUPERUSER, password: passwords.superuser },
    stop: async () => {
      running.delete(server);
      await stopServer(files, "immediate");
      rmSync(root, { recursive: true });
    },
  };
  running.add(server);
  return server;
}

/** Stops what a row, or a signal, left running. */
export async function stopServers(): Promise<void> {
  await Promise.all([...running].map((server) => server.stop()));
}

async function start(files: ServerFiles): Promise<number> {
  const port = await freePort();
  try {
    await startServer(files, port, { settings: SETTINGS });
    return port;
  } catch {
    const another = await freePort(); // the first may have been taken meanwhile
    await startServer(files, another, { settings: SETTINGS });
    return another;
  }
}
