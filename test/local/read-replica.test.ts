import { Client } from "pg";
import { FACTORIES } from "../../local/providers";
import { prepare, stop } from "../../local/servers";
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
