/** PgBouncer in transaction mode before one server: as many clients as one likes share one connection for each login. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../../local/postgres/server";
import { serverUser } from "../../local/postgres/user";

export interface Pooler {
  readonly port: number;
  stop(): Promise<void>;
}

/** What is installed; undefined where there is none. */
export function poolerVersion(): string | undefined {
  const { stdout } = spawnSync("pgbouncer", ["--version"], { encoding: "utf8", env: PATH });
  return /^PgBouncer (\S+)/.exec(stdout ?? "")?.[1];
}

const PATH = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` };

export async function startPooler(
  server: { readonly host: string; readonly port: number },
  logins: readonly { readonly username: string; readonly password: string }[],
): Promise<Pooler> {
  const dir = mkdtempSync(join(tmpdir(), "tenantry-pooler-"));
  chmodSync(dir, 0o755);
  const port = await freePort();
  writeFileSync(join(dir, "users"), logins.map(({ username, password }) => `"${username}" "${password}"\n`).join(""));
  const settings = {
    listen_addr: "127.0.0.1",
    listen_port: port,
    unix_socket_dir: "",
    pool_mode: "transaction",
    default_pool_size: 1,
    auth_type: "scram-sha-256",
    auth_file: join(dir, "users"),
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}`);
  const databases = `[databases]\n* = host=${server.host} port=${server.port}\n`;
  writeFileSync(join(dir, "pgbouncer.ini"), `${databases}[pgbouncer]\n${lines.join("\n")}\n`);
  const child = spawn("pgbouncer", ["-q", join(dir, "pgbouncer.ini")], {
    ...serverUser(),
    cwd: "/",
    env: PATH,
    stdio: "ignore",
  });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  await answering(port, child);
  return {
    port,
    stop: async () => {
      child.kill("SIGKILL");
      await ended;
      rmSync(dir, { recursive: true });
    },
  };
}

async function answering(port: number, child: ChildProcess): Promise<void> {
  while (child.exitCode === null) {
    const connected = await new Promise<boolean>((resolve) => {
      const socket = connect(port, "127.0.0.1", () => resolve(socket.end() !== undefined));
      socket.on("error", () => resolve(false));
    });
    if (connected) return;
  }
  throw new Error(`pgbouncer ended with ${child.exitCode}`);
}
