/** A real PostgreSQL server for one test file, with the RDS-like admin. Roles belong to a server, so files do not share one. */
import { randomBytes } from "node:crypto";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureAdmin } from "../local/postgres/admin";
import type { Major } from "../local/postgres/binaries";
import { freePort, initServer, SUPERUSER, startServer, stopServer } from "../local/postgres/server";

export interface TestServer {
  readonly host: "127.0.0.1";
  readonly port: number;
  readonly admin: { readonly user: string; readonly password: string };
  /** For controls that need what no admin may do, and for nothing else. */
  readonly superuser: { readonly user: string; readonly password: string };
  stop(): Promise<void>;
}

const FAST = {
  fsync: "off",
  synchronous_commit: "off",
  full_page_writes: "off",
  max_locks_per_transaction: "1024",
  max_connections: "60",
};

/** Starts a server of the major version (default 17) in a directory of its own; `stop` removes it. */
export async function startTestServer(major: Major = 17): Promise<TestServer> {
  const root = mkdtempSync(join(tmpdir(), "tenantry-test-"));
  chmodSync(root, 0o755);
  const files = { major, dir: join(root, "data") };
  const password = randomBytes(12).toString("hex");
  const admin = { user: "tenantry_admin", password: randomBytes(12).toString("hex") };
  await initServer(files, password);
  const port = await startOnFreePort(files);
  await ensureAdmin({ port, superuserPassword: password, username: admin.user, password: admin.password });
  return {
    host: "127.0.0.1",
    port,
    admin,
    superuser: { user: SUPERUSER, password },
    stop: async () => {
      await stopServer(files, "immediate");
      rmSync(root, { recursive: true });
    },
  };
}

async function startOnFreePort(files: { major: Major; dir: string }): Promise<number> {
  const first = await freePort();
  try {
    await startServer(files, first, { settings: FAST });
    return first;
  } catch {
    const second = await freePort();
    await startServer(files, second, { settings: FAST });
    return second;
  }
}
