import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { Client } from "pg";
import { findInstance } from "../../local/postgres/instance";
import type { Props } from "../../local/provider";
import { FACTORIES } from "../../local/providers";
import { makeTestHome, TestResource } from "./stand";

const INSTANCE = "aws:rds/instance:Instance";
const GROUP = "aws:rds/parameterGroup:ParameterGroup";
const home = makeTestHome();
const make = (name: string, config: Props) => {
  const factory = FACTORIES[name];
  if (!factory) throw new Error(`no factory ${name}`);
  return factory(home, config);
};
const aws = make("aws", { region: "eu-west-1" });
const group = new TestResource(aws, GROUP, "parameters");
const server = new TestResource(aws, INSTANCE, "eu-1-server");
const inputs = {
  identifier: "test-eu-1",
  engine: "postgres",
  engineVersion: "17",
  instanceClass: "db.r7g.large",
  allocatedStorage: 20,
  username: "tenantry_admin",
  password: "first-Password-1",
  port: 5432,
  parameterGroupName: "settings",
  skipFinalSnapshot: true,
};
const applyMethod = "pending-reboot";
const parameters = [
  { name: "max_locks_per_transaction", value: "256", applyMethod },
  { name: "log_min_duration_statement", value: "1000" },
  { name: "rds.logical_replication", value: "1", applyMethod },
  { name: "rds.force_ssl", value: "1" },
  { name: "log_statement", value: "all" },
  { name: "shared_buffers", value: "{DBInstanceClassMemory/32768}", applyMethod },
];

beforeAll(async () => {
  await group.create({ name: "settings", family: "postgres17", parameters });
  await server.create(inputs);
});
afterAll(() => home.remove());

async function query(sql: string, { database = "postgres", password = inputs.password } = {}) {
  const client = new Client({
    host: "127.0.0.1",
    port: Number(server.outs.port),
    user: "tenantry_admin",
    password,
    database,
  });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

describe("an RDS instance", () => {
  test("is a real server of the version with an admin as on RDS", async () => {
    const { port } = server.outs;
    expect(server.outs).toMatchObject({
      address: "127.0.0.1",
      endpoint: `127.0.0.1:${port}`,
      arn: "arn:aws:rds:eu-west-1:000000000000:db:test-eu-1",
      status: "available",
    });
    expect(server.id).toMatch(/^db-[0-9A-F]{26}$/);
    const [row] = await query(
      "select rolsuper, rolcreaterole, current_setting('server_version') as v from pg_roles where rolname = current_user",
    );
    expect(row).toEqual({ rolsuper: false, rolcreaterole: true, v: expect.stringMatching(/^17\./) });
    expect(await server.diff()).toMatchObject({ changes: false });
    expect(home.messages).toEqual(["making PostgreSQL 17", "starting PostgreSQL 17"]);
  });

  test("has the settings of its parameter group that mean something here", async () => {
    const names =
      "'max_locks_per_transaction', 'log_min_duration_statement', 'wal_level', 'shared_buffers', 'listen_addresses'";
    const rows = await query(`select name, setting from pg_settings where name in (${names}) order by name`);
    expect(rows.map(({ setting }) => setting)).toEqual(["127.0.0.1", "1000", "256", "4096", "logical"]);
  });

  test("created again it is the same server", async () => {
    const before = server.outs;
    await query("create database kept");
    expect(await server.create(inputs)).toEqual(before);
    expect(await query("select count(*)::int as n from pg_database where datname = 'kept'")).toEqual([{ n: 1 }]);
  });

  test("takes a new password and new settings", async () => {
    const changed = { ...inputs, password: "second-Password-2" };
    expect(await server.diff(changed)).toMatchObject({ changes: true, replaces: [] });
    await server.update(changed);
    await expect(query("select")).rejects.toThrow(/password/);
    await query("select", { password: changed.password });
    await server.update(inputs);
    await group.update({ ...group.inputs, parameters: [{ name: "log_min_duration_statement", value: "50" }] });
    let settings: unknown;
    for (let tries = 0; tries < 100 && settings !== "50ms"; tries++) {
      settings = (await query("show log_min_duration_statement"))[0]?.log_min_duration_statement;
    }
    expect(settings).toBe("50ms");
  });

  test("refuses what RDS would, and what is not rehearsed", async () => {
    const reasons = await server.failures({
      ...inputs,
      engineVersion: "16",
      identifier: "A--b",
      password: "a b",
      username: "postgres",
    });
    expect(reasons).toEqual({
      engineVersion: expect.stringMatching(/from 17 to 16, which is not rehearsed/),
      identifier: expect.stringMatching(/single hyphens/),
      password: expect.stringMatching(/8 to 128/),
      username: expect.stringMatching(/must not be/),
    });
    const fresh = new TestResource(aws, INSTANCE, "x");
    expect(Object.keys(await fresh.failures({ engine: "mysql", engineVersion: "8" })).sort()).toEqual([
      "allocatedStorage",
      "engine",
      "engineVersion",
      "finalSnapshotIdentifier",
      "identifier",
      "instanceClass",
      "password",
      "username",
    ]);
  });

  test("a static parameter waits for a restart", async () => {
    const now = [{ name: "max_locks_per_transaction", value: "512", applyMethod: "immediate" }];
    expect(await group.failures({ ...group.inputs, parameters: now })).toEqual({
      parameters: expect.stringMatching(/pending-reboot for .*max_locks_per_transaction/),
    });
    expect(await group.failures(group.inputs)).toEqual({});
  });

  test("a disk is told its speed from 400 GB on, and not before", async () => {
    const disk = { ...inputs, storageType: "gp3" };
    const spread = { allocatedStorage: 400, iops: 12_000, storageThroughput: 500 };
    expect(await server.failures({ ...disk, ...spread })).toEqual({});
    expect(await server.failures({ ...disk, ...spread, iops: 3000 })).toEqual({
      iops: expect.stringMatching(/12000 or more/),
    });
    const { iops: _, ...grown } = { ...disk, ...spread };
    expect(await server.failures(grown)).toEqual({ iops: expect.stringMatching(/past 400 GB/) });
    expect(Object.keys(await server.failures({ ...disk, iops: 12_000, storageThroughput: 500 }))).toEqual([
      "iops",
      "storageThroughput",
    ]);
  });

  test("is not deleted while it is protected", async () => {
    const guarded = { ...server.outs, deletionProtection: true };
    await expect(aws.delete(server.id, server.urn, guarded)).rejects.toThrow(/deletionProtection.*TN-527/);
    await query("select");
  });

  test("no password stands in its files that others can read, in arguments, or in messages", () => {
    const record = findInstance(home.home, inputs.identifier);
    const dir = join(home.home, "servers", inputs.identifier);
    expect(statSync(join(dir, "server.json")).mode & 0o077).toBe(0);
    const log = readFileSync(join(dir, "data.log"), "utf8");
    const pid = readFileSync(join(dir, "data/postmaster.pid"), "utf8").split("\n")[0];
    const described = readFileSync(join(dir, "description.json"), "utf8");
    const shown = log + described + readFileSync(`/proc/${pid}/cmdline`, "utf8") + home.messages.join();
    expect(record?.superuserPassword).toMatch(/^[0-9a-f]{48}$/);
    for (const secret of [record?.superuserPassword, inputs.password, "second-Password-2"])
      expect(shown).not.toContain(secret);
    expect(readdirSync(dir).sort()).toEqual(["data", "data.log", "description.json", "server.json"]);
  });
});

describe("what is in a server", () => {
  const admin = () => {
    const { username, password } = inputs;
    const port = String(server.outs.port);
    return make("postgresql", { host: "127.0.0.1", port, username, password, sslmode: "disable", superuser: "false" });
  };
  const resource = (type: string, name: string) => new TestResource(admin(), `postgresql:index/${type}`, name);

  test("a database is made, adopted, read and dropped with sessions in it", async () => {
    const database = resource("database:Database", "db");
    await database.create({ name: "app", encoding: "UTF8", template: "template0" });
    expect(await database.create({ name: "app", encoding: "UTF8", template: "template0" })).toMatchObject({
      owner: "tenantry_admin",
      encoding: "UTF8",
    });
    expect(await database.diff()).toMatchObject({ changes: false });
    expect(await database.failures({ name: "other" })).toEqual({
      name: expect.stringMatching(/renaming is not rehearsed/),
    });
    const held = new Client({
      host: "127.0.0.1",
      port: Number(server.outs.port),
      user: "tenantry_admin",
      password: inputs.password,
      database: "app",
    });
    held.on("error", () => undefined);
    await held.connect();
    await database.delete();
    await database.delete();
    expect(await database.read()).toBeUndefined();
  });

  test("a trusted extension is made; another is not the admin's", async () => {
    await resource("database:Database", "db").create({ name: "extended" });
    const extension = resource("extension:Extension", "trgm");
    expect(await extension.create({ name: "pg_trgm", database: "extended" })).toMatchObject({ schema: "public" });
    expect(await extension.create({ name: "pg_trgm", database: "extended" })).toMatchObject({ schema: "public" });
    await extension.delete();
    expect(await extension.read()).toBeUndefined();
    const other = resource("extension:Extension", "file");
    await expect(other.create({ name: "file_fdw", database: "extended" })).rejects.toThrow(/permission denied.*TN-528/);
  });

  test("what was in a database goes with it, and deleting it again is no error", async () => {
    const database = resource("database:Database", "db");
    await database.create({ name: "lost" });
    const extension = resource("extension:Extension", "e");
    await extension.create({ name: "citext", database: "lost" });
    await database.delete();
    expect(await extension.read()).toBeUndefined();
    await extension.delete();
  });

  test("many at once do not get in each other's way", async () => {
    const provider = admin();
    const databases = Array.from({ length: 6 }, (_, number) =>
      new TestResource(provider, "postgresql:index/database:Database", `d${number}`).create({ name: `busy_${number}` }),
    );
    expect(await Promise.all(databases)).toHaveLength(6);
  });

  test("it never falls back to another server", async () => {
    const config = { username: "tenantry_admin", password: "x", sslmode: "disable", port: "5432" };
    const nowhere = new TestResource(make("postgresql", config), "postgresql:index/database:Database", "d");
    await expect(nowhere.create({ name: "d" })).rejects.toThrow(/host must be text and known/);
    const plain = new TestResource(
      make("postgresql", { ...config, host: "127.0.0.1", sslmode: "verify-full" }),
      "postgresql:index/database:Database",
      "d",
    );
    await expect(plain.create({ name: "d" })).rejects.toThrow(/tenantry:tls/);
    const down = new TestResource(
      make("postgresql", { ...config, host: "127.0.0.1", port: "1" }),
      "postgresql:index/database:Database",
      "d",
    );
    await expect(down.create({ name: "d" })).rejects.toThrow(/127.0.0.1:1.*run up again.*TN-528/);
  });
});

test("a deleted server leaves nothing", async () => {
  await server.delete();
  await server.delete();
  expect(await server.read()).toBeUndefined();
  expect(readdirSync(join(home.home, "servers"))).toEqual([]);
});
