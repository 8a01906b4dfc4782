import { Client } from "pg";
import { reconcile } from "../../database/reconcile";
import type { Connection } from "../../database/types";
import { FACTORIES } from "../../local/providers";
import { prepare, stop } from "../../local/servers";
import { MemoryStore } from "../database/memory-store";
import { line, PLANS, SQL_DIR } from "../database/test-cell";
import { makeTestHome, TestResource } from "./stand";

const INSTANCE = "aws:rds/instance:Instance";
const home = makeTestHome();
const aws = FACTORIES.aws?.(home, { region: "eu-west-1" });
if (!aws) throw new Error("no factory aws");
const server = new TestResource(aws, INSTANCE, "eu-1-server");
const replica = new TestResource(aws, INSTANCE, "eu-1-replica-1");
const PASSWORD = "first-Password-1";
const source = {
  identifier: "test-eu-1",
  engine: "postgres",
  engineVersion: "17",
  instanceClass: "db.r7g.large",
  allocatedStorage: 20,
  username: "tenantry_admin",
  password: PASSWORD,
  skipFinalSnapshot: true,
};
const inputs = {
  identifier: "test-1-reader-eu-1",
  replicateSourceDb: "test-eu-1",
  instanceClass: "db.r7g.large",
  skipFinalSnapshot: true,
};

async function query(resource: TestResource, sql: string) {
  const { port } = (await resource.read()) ?? {};
  const login = { user: "tenantry_admin", password: PASSWORD, database: "postgres" };
  const client = new Client({ host: "127.0.0.1", port: Number(port), ...login });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

/** What the source has written is in the replica after a moment. */
async function replicated(sql: string, expected: unknown): Promise<void> {
  const [{ lsn } = {}] = await query(server, "select pg_current_wal_lsn() as lsn");
  const arrived = `select pg_last_wal_replay_lsn() >= '${lsn}' as arrived`;
  for (let tries = 0; tries < 500; tries++) if ((await query(replica, arrived))[0]?.arrived) break;
  expect(await query(replica, sql)).toEqual(expected);
}

beforeAll(async () => {
  await server.create(source);
  await query(server, "create table notes (body text); insert into notes values ('before')");
  await replica.create(inputs);
});
afterAll(() => home.remove());

test("it has what its source has, and follows it", async () => {
  await replicated("select body from notes", [{ body: "before" }]);
  await query(server, "insert into notes values ('after')");
  await replicated("select body from notes order by 1", [{ body: "after" }, { body: "before" }]);
});

test("it cannot be written to", async () => {
  await expect(query(replica, "insert into notes values ('here')")).rejects.toThrow(/read-only transaction/);
});

test("it has an address of its own, and asks for nothing when nothing changed", async () => {
  expect(replica.outs.port).not.toBe(server.outs.port);
  expect(await replica.diff()).toMatchObject({ changes: false, replaces: [] });
});

test("it follows again after both were stopped", async () => {
  await stop(home.home);
  await prepare(home);
  await query(server, "insert into notes values ('later')");
  await replicated("select body from notes where body = 'later'", [{ body: "later" }]);
});

describe("a suspension reaches sessions that are open on a replica", () => {
  const store = new MemoryStore();
  const slugs = ["birch", "fir"] as const;
  const lineOf = (slug: string, status: string) => line(slug, "schema", status, slug === "fir" ? " tables=own" : "");
  const up = async (status: string) => {
    const { port } = (await server.read()) ?? {};
    const admin = { username: "tenantry_admin", password: PASSWORD, sslmode: "disable" } as const;
    const connection: Connection = { host: "127.0.0.1", port: Number(port), database: "app", ...admin };
    const tenants = Object.fromEntries(slugs.map((slug) => [slug, lineOf(slug, status)]));
    const desired = { cell: "eu-1", plans: PLANS, tenants };
    const { failures } = await reconcile({ connection, desired, secrets: store, sqlDir: SQL_DIR });
    expect(failures).toEqual([]);
  };
  const login = async (resource: TestResource, slug: string) => {
    const { port } = (await resource.read()) ?? {};
    const [user, password] = ["username", "password"].map((key) => store.value(`tenants/${slug}/db`, key));
    const client = new Client({ host: "127.0.0.1", port: Number(port), database: "app", user, password });
    await client.connect();
    return client;
  };

  test.each([
    ["birch", "organizations"],
    ["fir", "things"],
  ] as const)("%s", async (slug, table) => {
    if (slug === "birch") await query(server, "create database app");
    await up("active");
    if (slug === "fir") {
      const source = await login(server, slug);
      await source.query("create table things (a int)");
      await source.end();
    }
    await replicated("select 1 as here", [{ here: 1 }]);
    const session = await login(replica, slug);
    try {
      // Whatever it has at hand: names, a plan that is prepared, the role that holds the privileges.
      await session.query(`set role role_${slug}`);
      const attacks = [`select * from ${table}`, `select * from tenant_${slug}.${table}`, "execute prepared"];
      await session.query(`prepare prepared as select * from ${table}`);
      const attempt = async () => {
        const codes: unknown[] = [];
        for (const sql of attacks)
          codes.push(
            await session.query(sql).then(
              () => "none",
              ({ code }) => code,
            ),
          );
        return codes;
      };
      expect(await attempt()).toEqual(["none", "none", "none"]); // the control
      await up("suspended");
      await replicated("select 1 as here", [{ here: 1 }]);
      const denied = expect.stringMatching(/^(42501|42P01)$/);
      expect(await attempt()).toEqual([denied, denied, denied]);
    } finally {
      await session.end();
    }
    await expect(login(replica, slug)).rejects.toThrow("not permitted to log in");
  });
});

test("what RDS takes from the source, or does not do, is refused", async () => {
  const told = { ...inputs, engine: "postgres", username: "tenantry_admin", skipFinalSnapshot: false };
  expect(await replica.failures(told)).toEqual({
    engine: expect.stringContaining("of its source"),
    username: expect.stringContaining("of its source"),
    skipFinalSnapshot: expect.stringContaining("no final snapshot"),
  });
  const { replicateSourceDb: _, ...alone } = inputs;
  expect(Object.keys(await new TestResource(aws, INSTANCE, "x").failures(alone))).toContain("engineVersion");
});

test("its source forgets it when it goes, and lives on", async () => {
  const slots = "select slot_name, active from pg_replication_slots";
  expect(await query(server, slots)).toEqual([{ slot_name: "test_1_reader_eu_1", active: true }]);
  await replica.delete();
  expect(await replica.read()).toBeUndefined();
  expect(await query(server, slots)).toEqual([]);
  expect(await query(server, "select count(*)::int from notes")).toEqual([{ count: 3 }]);
});
