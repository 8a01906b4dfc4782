/** A real PostgreSQL server for one test file, with the RDS-like admin. Roles belong to a server, so files do not share one. */
import { chmodSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Major } from "../local/postgres/binaries";
import { SUPERUSER, stopServer } from "../local/postgres/server";
import { copyTemplate, startOnFreePort } from "./server-template";
import { makeTempDir } from "./temp-dir";

export interface TestServer {
  readonly host: "127.0.0.1";
  readonly port: number;
  readonly admin: { readonly user: string; readonly password: string };
  /** For controls that need what no admin may do, and for nothing else. */
  readonly superuser: { readonly user: string; readonly password: string };
  stop(): Promise<void>;
}

/** Starts a server of the major version (default 17) in a directory of its own; `stop` removes it. */
export async function startTestServer(major: Major = 17): Promise<TestServer> {
  const root = makeTempDir("tenantry-test-");
  chmodSync(root, 0o755);
  const files = { major, dir: join(root, "data") };
  const { superuser, admin } = await copyTemplate(files);
  const port = await startOnFreePort(files);
  return {
    host: "127.0.0.1",
    port,
    admin,
    superuser: { user: SUPERUSER, password: superuser },
    stop: async () => {
      await stopServer(files, "immediate");
      rmSync(root, { recursive: true });
    },
  };
}
