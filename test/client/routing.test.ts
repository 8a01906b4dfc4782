/** From a slug to a connection: the directory, secrets that change under way, pools and their bounds. */
import { inspect } from "node:util";
import { type ConnectOptions, connect, type DirectoryRow, hashOfKey, type TenantClient } from "../../client";
import { contextPads } from "../../database/context-key";
import { idOf } from "../database/test-cell";
import { type ClientCell, rowOf, type Slug, startClientCell } from "./client-cell";
import { movableClock } from "./clock";

const PID = "select pg_backend_pid() as pid";
const USER = "select session_user as name";

let cell: ClientCell;
let clock: ReturnType<typeof movableClock>;
beforeAll(async () => {
  cell = await startClientCell();
});
afterAll(() => cell?.stop());
beforeEach(() => {
  clock = movableClock();
});
afterEach(() => clock.restore());

const row = (slug: Slug) => rowOf(slug, slug === "birch" || slug === "elm" ? "schema" : "pooled", cell);
const pid = async (client: TenantClient, slug: string) => (await client.query(slug, PID)).rows[0]?.pid;
const sessionsOf = async (login: string) =>
  (await cell.admin.query("select from pg_stat_activity where usename = $1", [login])).rowCount;
/** Sessions end a moment after their connections. */
const until = async (condition: () => Promise<boolean>) => {
  while (!(await condition()));
};

describe("the directory", () => {
  test("a tenant that it does not have is asked for once more, and then once a second", async () => {
    const directory = jest.fn(() => [row("cedar")]);
    const client = cell.client({ directory });
    await expect(client.query("fir", PID)).rejects.toMatchObject({ code: "TN-901", slug: "fir" });
    clock.pass(1_001);
    await expect(client.query("fir", PID)).rejects.toMatchObject({ code: "TN-901" });
    await expect(client.query("fir", PID)).rejects.toMatchObject({ code: "TN-901" });
    expect(directory).toHaveBeenCalledTimes(2);
    directory.mockReturnValue([row("cedar"), row("fir")]);
    clock.pass(1_001);
    expect((await client.query("fir", "select tenantry.current_tenant() as id")).rows).toEqual([{ id: idOf("fir") }]);
  });

  test("a tenant that is not active is told so before anything is connected or read", async () => {
    const secrets = jest.fn();
    const client = cell.client({ directory: [{ ...row("cedar"), status: "suspended", port: 9 }], secrets });
    await expect(client.asTenant("cedar", () => undefined)).rejects.toMatchObject({
      code: "TN-902",
      status: "suspended",
    });
    expect(secrets).not.toHaveBeenCalled();
  });

  test("one that cannot be read is an error only while there is none", async () => {
    const onWarning = jest.fn();
    const directory = jest.fn(async () => [row("cedar")]);
    directory.mockRejectedValueOnce(new Error("down"));
    const client = cell.client({ directory, onWarning });
    await expect(client.query("cedar", PID)).rejects.toMatchObject({ code: "TN-903", cause: new Error("down") });
    clock.pass(1_001);
    await client.query("cedar", PID);
    directory.mockRejectedValue(new Error("down again"));
    clock.pass(120_000);
    await client.query("cedar", PID);
    expect(onWarning).toHaveBeenCalledWith(expect.objectContaining({ message: expect.stringContaining("down again") }));
  });

  test("rows that are none are refused", async () => {
    const broken = JSON.parse('[{"slug":"cedar","tier":"pooled"}]');
    await expect(cell.client({ directory: broken }).query("cedar", PID)).rejects.toMatchObject({ code: "TN-903" });
  });

  test("a tenant that has moved is found; one that has not is where no server answers", async () => {
    const rows = [{ ...row("cedar"), port: 9 }];
    const client = cell.client({ directory: () => [...rows] });
    await expect(client.query("cedar", PID)).rejects.toMatchObject({ code: "TN-906" });
    rows[0] = row("cedar");
    clock.pass(1_001);
    expect(await pid(client, "cedar")).toEqual(expect.any(Number));
  });
});

describe("a tenant that was suspended a moment ago", () => {
  const tenants = ["cedar", "birch"] as const;
  const setStatus = (slug: Slug, status: string) =>
    cell.admin.query("update tenantry.tenants set status = $2 where slug = $1", [slug, status]);
  afterEach(async () => {
    for (const slug of tenants) cell.rows.set(slug, row(slug));
    await setStatus("cedar", "active");
    await cell.tamper("alter role login_birch_a login");
  });

  test("pooled: what the database refuses, the directory explains", async () => {
    const client = cell.client();
    await client.query("cedar", "select from topics");
    await setStatus("cedar", "suspended");
    clock.pass(1_001);
    // The directory does not know it yet.
    const refused = { code: "42501", message: "tenant context refused" };
    await expect(client.query("cedar", "select from topics")).rejects.toMatchObject(refused);
    cell.rows.set("cedar", { ...row("cedar"), status: "suspended" });
    clock.pass(1_001);
    const attempt = client.asTenant("cedar", (tx) => tx.query("select from topics"));
    await expect(attempt).rejects.toMatchObject({ code: "TN-902", cause: refused });
  });

  test("with a login of its own", async () => {
    const client = cell.client();
    await client.query("elm", PID);
    await cell.tamper("alter role login_birch_a nologin");
    cell.rows.set("birch", { ...row("birch"), status: "suspended" });
    clock.pass(1_001);
    await expect(client.query("birch", PID)).rejects.toMatchObject({ code: "TN-902", cause: { code: "28000" } });
  });
});

describe("a secret that is rotated", () => {
  const path = "tenants/birch/db";
  let before: Record<string, string>;
  beforeEach(() => {
    before = { ...cell.secrets[path] };
  });
  afterEach(async () => {
    cell.secrets[path] = before;
    await cell.tamper(`alter role login_birch_a password '${before.password}'`);
  });

  test("is read again when its login is refused, and tried once more", async () => {
    const client = cell.client({ idleMs: 1 });
    await client.query("birch", PID);
    await until(async () => (await sessionsOf("login_birch_a")) === 0);
    await cell.tamper("alter role login_birch_a password 'another'");
    cell.secrets[path] = { ...before, password: "another" };
    clock.pass(1_001);
    expect((await client.query("birch", USER)).rows).toEqual([{ name: "login_birch_a" }]);
  });

  test("one that stays wrong is an error that names its path and not its password", async () => {
    const client = cell.client();
    await cell.tamper("alter role login_birch_a password 'another'");
    const failure = await client.query("birch", PID).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: "TN-905", path, cause: { code: "28P01" } });
    expect(before.password).toMatch(/./);
    expect(inspect(failure, { depth: 9, showHidden: true })).not.toContain(before.password);
  });

  test("the other login of the pair takes over, and nothing that runs is cut off", async () => {
    await cell.tamper("create role login_birch_b login password 'b' in role role_birch");
    await cell.tamper("alter role login_birch_b set search_path = tenant_birch");
    const client = cell.client({ secretMaxAgeMs: 1_000 });
    const names = await client.asTenant("birch", async (tx) => {
      cell.secrets[path] = { ...before, username: "login_birch_b", password: "b" };
      clock.pass(1_001);
      const other = (await client.query("birch", USER)).rows[0]?.name;
      return [other, (await tx.query(USER)).rows[0]?.name];
    });
    expect(names).toEqual(["login_birch_b", "login_birch_a"]);
    await until(async () => (await sessionsOf("login_birch_a")) === 0);
    await client.close();
    await until(async () => (await sessionsOf("login_birch_b")) === 0);
    await cell.tamper("drop role login_birch_b");
  });

  test("what is missing in one is named", async () => {
    cell.secrets[path] = { username: "login_birch_a" };
    await expect(cell.client().query("birch", PID)).rejects.toThrow(
      "tenants/birch/db cannot be used: it has no password",
    );
  });

  test("none goes over a network in plain text", async () => {
    const directory = [{ ...row("birch"), host: "db.example.com" }];
    await expect(cell.client({ directory }).query("birch", PID)).rejects.toMatchObject({ code: "TN-904" });
  });
});

describe("a signing key that is rotated", () => {
  const path = "cells/eu-1/context";

  test("is signed with at the next reading, or when the old one is refused", async () => {
    const client = cell.client();
    const topics = "select from topics";
    await client.query("cedar", topics);
    const { inner, outer } = contextPads("ab".repeat(32));
    await cell.admin.query("insert into tenantry.keys (kid, inner_pad, outer_pad) values ('k2', $1, $2)", [
      inner,
      outer,
    ]);
    await client.query("cedar", topics); // two keys live
    await cell.admin.query("delete from tenantry.keys where kid = 'k1'");
    await expect(client.query("cedar", topics)).rejects.toMatchObject({ code: "42501" });
    cell.secrets[path] = { kid: "k2", key: "ab".repeat(32) };
    clock.pass(1_001);
    await client.query("cedar", topics); // refused, read again, done
    // A function is not run twice: it is told, and the next one goes through.
    const late = cell.client();
    cell.secrets[path] = { kid: "k1", key: "cd".repeat(32) };
    await expect(late.query("cedar", topics)).rejects.toMatchObject({ code: "42501" });
    cell.secrets[path] = { kid: "k2", key: "ab".repeat(32) };
    clock.pass(1_001);
    const fn = jest.fn((tx) => tx.query(topics));
    await expect(late.asTenant("cedar", fn)).rejects.toMatchObject({ code: "42501" });
    expect(fn).toHaveBeenCalledTimes(1);
    await late.asTenant("cedar", fn);
  });

  test("one that is none is refused without being quoted", async () => {
    const held = cell.secrets[path];
    cell.secrets[path] = { kid: "k1", key: "not-a-key" };
    const failure = await cell
      .client()
      .query("cedar", PID)
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: "TN-904", path });
    expect(String(failure)).not.toContain("not-a-key");
    if (held) cell.secrets[path] = held;
  });
});

describe("pools", () => {
  test("pooled tenants of a cell share connections", async () => {
    const client = cell.client();
    expect(await pid(client, "cedar")).toBe(await pid(client, "fir"));
  });

  test("the longest unused pool of a tenant makes room for another", async () => {
    const client = cell.client({ tenantPools: 1 });
    const first = await pid(client, "birch");
    expect(await pid(client, "birch")).toBe(first);
    await client.query("elm", PID);
    await until(async () => (await sessionsOf("login_birch_a")) === 0);
    expect(await pid(client, "birch")).not.toBe(first);
  });

  test("but one that is in use does not: others wait, and not for ever", async () => {
    const client = cell.client({ tenantPools: 1 });
    let waiting: Promise<unknown> = Promise.resolve();
    await client.asTenant("birch", async (tx) => {
      waiting = client.query("elm", USER).then(({ rows }) => rows);
      await tx.query("select 1");
    });
    expect(await waiting).toEqual([{ name: "login_elm_a" }]);
    const impatient = cell.client({ tenantPools: 1, connectTimeoutMs: 200 });
    await impatient.asTenant("birch", async () => {
      await expect(impatient.query("elm", PID)).rejects.toMatchObject({ code: "TN-906" });
      await expect(impatient.query("birch", PID)).rejects.toMatchObject({ code: "TN-906" });
    });
  });

  test("close waits for what runs, and refuses what is new", async () => {
    const client = cell.client();
    let closing: Promise<void> = Promise.resolve();
    const own = await client.asTenant("birch", async (tx) => {
      closing = client.close();
      await expect(client.query("birch", PID)).rejects.toMatchObject({ code: "TN-911" });
      return (await tx.query(PID)).rows[0]?.pid;
    });
    expect(own).toEqual(expect.any(Number));
    await closing;
    await client.close();
    await until(
      async () => (await cell.admin.query("select from pg_stat_activity where pid = $1", [own])).rowCount === 0,
    );
  });
});

test.each<Partial<ConnectOptions>>([
  { connectionsPerCell: 0 },
  { contextSeconds: Number.NaN },
  { namedStatements: -1 },
])("the option %j is refused", (option) => {
  expect(() => connect({ directory: [], secrets: async () => undefined, ...option })).toThrow("TN-912");
});

describe("before the tenant is known", () => {
  const KEY = "key of cedar";
  const EMAIL = "a@example.com";
  const NO_SERVER = { port: 9 };
  const slugs = (rows: readonly { slug: string }[]) => rows.map(({ slug }) => slug).sort();
  beforeAll(async () => {
    const client = cell.client();
    await client.query(
      "cedar",
      `with o as (insert into organizations (name, slug) values ('Main', 'main') returning id)
       insert into api_keys (organization_id, name, key_prefix, key_hash, scopes) select id, 'ci', 'demo', $1, '{read}' from o`,
      [hashOfKey(KEY)],
    );
    for (const slug of ["cedar", "fir", "birch"]) {
      await client.query(slug, "insert into users (email) values ($1)", [EMAIL]);
    }
  });

  test("a key has its tenant and what its table gives, an e-mail every pooled tenant of it", async () => {
    const client = cell.client();
    const found = await client.tenantOf<{ id: string; scopes: string[] }>("api_key", hashOfKey(KEY));
    expect(found).toEqual({ slug: "cedar", id: expect.stringMatching(/^[0-9a-f-]{36}$/), scopes: ["read"] });
    expect(await client.tenantOf("api_key", hashOfKey("another"))).toBeUndefined();
    expect(slugs(await client.tenantsOf("email", EMAIL))).toEqual(["cedar", "fir"]); // birch has tables of its own
    expect(await client.tenantsOf("email", "%")).toEqual([]);
    await expect(client.tenantOf("phone", "1")).rejects.toMatchObject({ code: "42883" });
  });

  test("a key that is revoked is so at once", async () => {
    const client = cell.client();
    const revoke = (at: string) => client.query("cedar", `update api_keys set revoked_at = ${at}`);
    expect(await client.tenantOf("api_key", hashOfKey(KEY))).toMatchObject({ slug: "cedar" });
    await revoke("now()");
    expect(await client.tenantOf("api_key", hashOfKey(KEY))).toBeUndefined();
    await revoke("null");
    expect(await client.tenantOf("api_key", hashOfKey(KEY))).toMatchObject({ slug: "cedar" });
  });

  /** Another cell: the same server again, or whatever else it is told to be. */
  const withAnother = (more: Partial<DirectoryRow>) =>
    cell.client({
      directory: [row("cedar"), { ...row("fir"), slug: "maple", cell: "us-1", ...more }],
      secrets: async (path) => cell.secrets[path.replace("us-1", "eu-1")],
    });

  test("every cell is asked: a key that two of them know is nobody's, unless one is named", async () => {
    const client = withAnother({});
    expect(await client.tenantOf("api_key", hashOfKey(KEY))).toBeUndefined();
    expect(await client.tenantOf("api_key", hashOfKey(KEY), { cell: "us-1" })).toMatchObject({ slug: "cedar" });
    expect(await client.tenantOf("api_key", hashOfKey(KEY), { cell: "nowhere" })).toBeUndefined();
    expect(slugs(await client.tenantsOf("email", EMAIL))).toEqual(["cedar", "cedar", "fir", "fir"]);
  });

  test("a cell that does not answer hides no tenant of another, and nobody is called unknown meanwhile", async () => {
    const client = withAnother(NO_SERVER);
    expect(await client.tenantOf("api_key", hashOfKey(KEY))).toMatchObject({ slug: "cedar" });
    await expect(client.tenantOf("api_key", hashOfKey("another"))).rejects.toMatchObject({ code: "TN-906" });
    await expect(client.tenantsOf("email", EMAIL)).rejects.toMatchObject({ code: "TN-906" });
    expect(await client.tenantOf("api_key", hashOfKey("another"), { cell: "eu-1" })).toBeUndefined();
  });

  test("the row that leads to a cell may be a suspended tenant's; without pooled tenants nobody is found", async () => {
    const client = cell.client({ directory: [{ ...row("fir"), status: "suspended" }] });
    expect(await client.tenantOf("api_key", hashOfKey(KEY))).toMatchObject({ slug: "cedar" });
    expect(await cell.client({ directory: [row("birch")] }).tenantOf("api_key", hashOfKey(KEY))).toBeUndefined();
  });

  test("a login that is refused is read again", async () => {
    const read = jest.fn(async (path: string) => cell.secrets[path]);
    read.mockImplementationOnce(async (path) => {
      clock.pass(1_001);
      return { ...cell.secrets[path], password: "old" };
    });
    const client = cell.client({ secrets: read });
    expect(await client.tenantOf("api_key", hashOfKey(KEY))).toMatchObject({ slug: "cedar" });
  });
});
