/** A server that is there for as long as it is borrowed, with the RDS-like admin. */
import { randomBytes } from "node:crypto";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Connection } from "../../database/types";
import { DEFAULT_ADMIN } from "../../registry/names";
import { ensureAdmin } from "./admin";
import { type Major, reachableBinaries } from "./binaries";
import { freePort, initServer, PortTaken, startServer, stopServer } from "./server";

/** What is in it is never needed again. */
const FAST = { fsync: "off", synchronous_commit: "off", full_page_writes: "off" };

/** Runs in a temporary directory, which is removed with it. `use` gets the admin's way to the database `postgres`. */
export async function withThrowawayServer<T>(major: Major, use: (connection: Connection) => Promise<T>): Promise<T> {
  const root = mkdtempSync(join(tmpdir(), "tenantry-"));
  chmodSync(root, 0o755);
  const files = { major, dir: join(root, "data"), binaries: reachableBinaries(major, root) };
  const [superuserPassword, password] = [randomBytes(12).toString("hex"), randomBytes(12).toString("hex")];
  try {
    await initServer(files, superuserPassword);
    const port = await startSomewhere(files);
    await ensureAdmin({ port, superuserPassword, username: DEFAULT_ADMIN, password });
    return await use({
      host: "127.0.0.1",
      port,
      database: "postgres",
      username: DEFAULT_ADMIN,
      password,
      sslmode: "disable",
    });
  } finally {
    await stopServer(files, "immediate");
    rmSync(root, { recursive: true });
  }
}

/** Another program may take the port between the look and the start: once more then. */
async function startSomewhere(files: Parameters<typeof startServer>[0]): Promise<number> {
  for (let tries = 1; ; tries++) {
    const port = await freePort();
    try {
      await startServer(files, port, { settings: FAST });
      return port;
    } catch (error) {
      if (!(error instanceof PortTaken) || tries === 2) throw error;
    }
  }
}
