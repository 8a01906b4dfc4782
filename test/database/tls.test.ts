/** Sessions over TLS on a real server: who it is, is checked by chain and by name, also through a tunnel. */
import { chmodSync, chownSync, mkdtempSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { withClient } from "../../database/connect";
import { lintCell } from "../../database/lint";
import { loadLints } from "../../database/lints";
import { reconcile } from "../../database/reconcile";
import type { Connection } from "../../database/types";
import { serverUser } from "../../local/postgres/user";
import { Authority, type Certificate, describeWithOpenssl } from "../authority";
import { startTestServer, type TestServer } from "../server";
import { MemoryStore } from "./memory-store";
import { SQL_DIR } from "./test-cell";

const NAME = "eu-1.database.test"; // resolves nowhere: only a tunnel leads to it
/** The embedded server is older than what is allowed over TLS; to be told so is to have been let in. */
const LET_IN = /the server runs PostgreSQL .*TN-302/;

let dir: string;
let server: TestServer;
let trusted: Authority;
let stranger: Authority;

/** Makes the server show this certificate to who connects from now on. */
async function present({ certificate, key }: Certificate): Promise<void> {
  const user = serverUser();
  if (user) chownSync(key, user.uid, user.gid);
  chmodSync(key, 0o600);
  const client = new Client({ host: server.host, port: server.port, database: "postgres", ...server.superuser });
  await client.connect();
  try {
    for (const [name, value] of Object.entries({ ssl_cert_file: certificate, ssl_key_file: key, ssl: "on" })) {
      await client.query(`alter system set ${name} = '${value}'`);
    }
    const loaded = "select pg_conf_load_time()::text as at";
    const before = (await client.query(loaded)).rows[0].at;
    await client.query("select pg_reload_conf()");
    // A session hears of it after the server that takes new ones has.
    while ((await client.query(loaded)).rows[0].at === before);
  } finally {
    await client.end();
  }
}

interface As {
  readonly host?: string;
  /** PEM. @default what Node trusts by itself */
  readonly ca?: string;
}

/** What a session of the admin ends with. */
async function connecting({ host = NAME, ...authorities }: As): Promise<string> {
  const { user: username, password } = server.admin;
  const target = { host, port: 5432, database: "postgres", username, password, sslmode: "verify-full" } as const;
  const connection = { ...target, ...authorities };
  try {
    return await withClient({ connection, cell: "eu-1", purpose: "test" }, async () => "reached");
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** A SOCKS5 proxy that leads the one name to a port of this machine, and keeps what it was asked for. */
async function startProxy(target: number) {
  const asked: string[] = [];
  const proxy = createServer((client) => {
    client.once("data", () => {
      client.write(Uint8Array.of(5, 0));
      client.once("data", (request) => {
        const end = 5 + (request[4] ?? 0);
        const host = request.subarray(5, end).toString();
        asked.push(`${host}:${request.readUInt16BE(end)}`);
        const answer = (refusal: number) => Uint8Array.of(5, refusal, 0, 1, 0, 0, 0, 0, 0, 0);
        if (host !== NAME) client.end(answer(4));
        else {
          const upstream = connect(target, "127.0.0.1", () => {
            client.write(answer(0));
            client.pipe(upstream).pipe(client);
          });
          client.on("close", () => upstream.destroy());
          upstream.on("error", () => client.destroy());
        }
      });
    });
    client.on("error", () => client.destroy());
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  const address = proxy.address();
  if (address === null || typeof address === "string") throw new Error("the proxy has no port");
  return { asked, port: address.port, close: () => proxy.close() };
}

/** Whether a client gets in that checks nothing: what is refused is refused by the checks. */
async function unchecked(): Promise<boolean> {
  const { host, port, admin } = server;
  const client = new Client({ host, port, database: "postgres", ...admin, ssl: { rejectUnauthorized: false } });
  await client.connect();
  try {
    const { rows } = await client.query("select ssl from pg_stat_ssl where pid = pg_backend_pid()");
    return rows[0]?.ssl === true;
  } finally {
    await client.end();
  }
}

describeWithOpenssl("over TLS", () => {
  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), "tenantry-tls-"));
    chmodSync(dir, 0o755);
    trusted = new Authority(dir, "trusted");
    stranger = new Authority(dir, "stranger");
    server = await startTestServer();
    await present(trusted.vouchFor(NAME));
    process.env.TENANTRY_DIAL_EU_1 = `127.0.0.1:${server.port}`;
  });
  afterAll(async () => {
    delete process.env.TENANTRY_DIAL_EU_1;
    await server.stop();
    rmSync(dir, { recursive: true });
  });

  test("the right name under the right authority is let in, through a tunnel to another address", async () => {
    expect(await connecting({ ca: trusted.ca })).toMatch(LET_IN);
  });

  test("so it is through a SOCKS proxy, which is told the name and looks it up", async () => {
    const proxy = await startProxy(server.port);
    delete process.env.TENANTRY_DIAL_EU_1;
    process.env.ALL_PROXY = `socks5h://127.0.0.1:${proxy.port}`;
    try {
      expect(await connecting({ ca: trusted.ca })).toMatch(LET_IN);
      expect(await connecting({ ca: stranger.ca })).toMatch(/unable to verify|self.signed certificate/);
      expect(await connecting({ ca: trusted.ca, host: "nowhere.database.test" })).toMatch(
        /dialled at 127.0.0.1:.*the server cannot be reached.*TN-301/,
      );
      expect(proxy.asked).toEqual([`${NAME}:5432`, `${NAME}:5432`, "nowhere.database.test:5432"]);
    } finally {
      delete process.env.ALL_PROXY;
      process.env.TENANTRY_DIAL_EU_1 = `127.0.0.1:${server.port}`;
      proxy.close();
    }
  });

  test("lints look at a server that is too old for all else, and tell so", async () => {
    const { user: username, password, host, port } = { ...server.admin, ...server };
    const near: Connection = { host, port, database: "postgres", username, password, sslmode: "disable" };
    const cell = { cell: "eu-1", plans: {}, tenants: {} };
    const made = { connection: near, desired: cell, secrets: new MemoryStore(), sqlDir: SQL_DIR };
    delete process.env.TENANTRY_DIAL_EU_1;
    await reconcile(made).finally(() => {
      process.env.TENANTRY_DIAL_EU_1 = `127.0.0.1:${port}`;
    });
    const connection: Connection = { ...near, host: NAME, port: 5432, sslmode: "verify-full", ca: trusted.ca };
    const findings = await lintCell({ connection, cell: "eu-1", extensions: [] }, loadLints(join(SQL_DIR, "lint")));
    expect(findings).toMatchObject([{ lint: "engine_below_floor", severity: "error", object: "server" }]);
  });

  test("another authority is refused, and so is one that only the system would have to know", async () => {
    expect(await connecting({ ca: stranger.ca })).toMatch(/unable to verify|self.signed certificate/);
    expect(await connecting({})).toMatch(/unable to verify|self.signed certificate/);
    expect(await unchecked()).toBe(true);
  });

  test("another name is refused, and the name of the tunnel's end does not count", async () => {
    const { ca } = trusted;
    expect(await connecting({ ca, host: "us-1.database.test" })).toMatch(
      /does not match certificate's altnames.*TN-301/,
    );
    await present(trusted.vouchFor("localhost"));
    expect(await connecting({ ca })).toMatch(/does not match certificate's altnames.*TN-301/);
    expect(await unchecked()).toBe(true);
    expect(await connecting({ ca, host: "localhost" })).toMatch(LET_IN);
  });

  test("an expired certificate is refused", async () => {
    await present(trusted.vouchFor(NAME, -1));
    expect(await connecting({ ca: trusted.ca })).toMatch(/certificate has expired.*TN-301/);
    expect(await unchecked()).toBe(true);
  });
});
