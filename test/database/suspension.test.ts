/** Whoever is suspended is out, also if its login was just being used, and comes back to what it had. */
import { setImmediate } from "node:timers/promises";
import type { Client } from "pg";
import { withClient } from "../../database/connect";
import { withoutHolders } from "../../database/holders";
import { endSessionsForGood } from "../../database/sessions";
import { cellSecretPath } from "../../registry/names";
import { line, startTestCell, type TestCell } from "./test-cell";

let cell: TestCell;
const elm = (status: string) => line("elm", "schema", status);
const fir = (status: string) => line("fir", "schema", status, " tables=own");
const lines = { elm: elm("active"), fir: fir("active") };

beforeAll(async () => {
  cell = await startTestCell();
  await cell.settle(lines);
});
afterAll(() => cell.stop());

const password = (slug: string) => cell.store.value(`tenants/${slug}/db`, "password");
const sessionsOf = async (login: string) =>
  await cell.tamper(`select pid from pg_stat_activity where usename = '${login}'`);
const asAdmin = <T>(use: (client: Client) => Promise<T>) =>
  withClient({ connection: cell.connection, cell: "eu-1", purpose: "test" }, use);
const until = async (holds: () => Promise<boolean>) => {
  for (let tries = 0; tries < 1_000; tries++, await setImmediate()) if (await holds()) return;
  throw new Error("it never came to be");
};

describe("a session that is starting while its login is closed", () => {
  /** The admin has looked once at who is there, and ended those whom it saw. */
  const HAS_LOOKED = `select from pg_stat_activity
    where application_name like 'tenantry test%' and state = 'idle' and query like '%pg_terminate_backend%'`;

  /** Nothing that starts gets past the settings of its role while these are locked: by then it has been admitted. */
  const held = (close: (admin: Client) => Promise<unknown>) =>
    asAdmin(async (admin) => {
      const holder = await cell.login(cell.server.superuser.user, cell.server.superuser.password);
      await holder.query("begin; lock table pg_db_role_setting in access exclusive mode");
      const starting = cell.login("login_elm_a", password("elm"));
      const waits = "select from pg_locks where not granted and relation = 'pg_db_role_setting'::regclass";
      await until(async () => (await holder.query(waits)).rowCount === 1);
      await admin.query("alter role login_elm_a nologin");
      const closed = close(admin);
      await until(async () => {
        await holder.query("select pg_stat_clear_snapshot()");
        return (await holder.query(HAS_LOOKED)).rowCount === 1;
      });
      await holder.query("commit");
      await closed;
      await holder.end();
      const session = await starting.catch(() => undefined);
      const alive = session !== undefined && (await session.query("select 1").then(Boolean, () => false));
      await session?.end();
      return alive;
    });
  afterEach(() => cell.settle(lines));

  test("is ended as well", async () => {
    expect(await held((client) => endSessionsForGood(client, ["login_elm_a"]))).toBe(false);
  });

  test("control: lives on when those that show whose they are are ended alone", async () => {
    const seen = "select pg_terminate_backend(pid, 5000) from pg_stat_activity where usename = 'login_elm_a'";
    expect(await held((client) => client.query(seen))).toBe(true);
  });
});

test("a tenant that connects as fast as it can has no session left", async () => {
  const secret = password("elm");
  let over = false;
  const connect = async () => {
    while (!over) await cell.login("login_elm_a", secret).catch(() => undefined); // whoever gets in stays
  };
  const clients = [connect(), connect(), connect()];
  try {
    await until(async () => (await sessionsOf("login_elm_a")).length > 5);
    await cell.settle({ ...lines, elm: elm("suspended") });
    expect(await sessionsOf("login_elm_a")).toEqual([]);
    await expect(cell.login("login_elm_a", secret)).rejects.toThrow("not permitted to log in");
  } finally {
    over = true;
    await Promise.all(clients);
  }
  expect(await sessionsOf("login_elm_a")).toEqual([]);
  await cell.settle(lines);
});

const USAGE = (schema: string, role: string) => `select has_schema_privilege('${role}', '${schema}', 'usage') as usage`;

test.each([
  ["elm", "organizations"],
  ["fir", "things"],
] as const)("the schema of %s is closed while it is suspended, and open again afterwards", async (slug, table) => {
  const own = slug === "fir";
  if (own) {
    await cell.as("tenants/fir/db", `create table ${table} (a int); grant usage on schema tenant_fir to public`);
  }
  const suspended = { elm: { ...lines, elm: elm("suspended") }, fir: { ...lines, fir: fir("suspended") } }[slug];
  const state = await cell.settle(suspended);
  expect(state.tenants[slug]).toBe(suspended[slug]); // and no drift is told
  expect(await cell.tamper(USAGE(`tenant_${slug}`, `role_${slug}`))).toEqual([{ usage: false }]);
  expect(await cell.tamper(USAGE(`tenant_${slug}`, `login_${slug}_a`))).toEqual([{ usage: false }]);

  await cell.tamper(`grant usage on schema tenant_${slug} to role_${slug}`);
  expect((await cell.report()).tenants[slug]).toContain(`schema tenant_${slug}: open to role_${slug}`);
  await cell.settle(suspended);
  expect(await cell.tamper(USAGE(`tenant_${slug}`, `role_${slug}`))).toEqual([{ usage: false }]);

  await cell.settle(lines);
  expect(await cell.as(`tenants/${slug}/db`, `select * from ${table}`)).toEqual([]);
  await cell.tamper(`revoke usage on schema tenant_${slug} from role_${slug}`);
  expect((await cell.report()).tenants[slug]).toContain(`schema tenant_${slug}: usage missing for role_${slug}`);
  await cell.settle(lines);
  expect(await cell.as(`tenants/${slug}/db`, `select * from ${table}`)).toEqual([]);
});

test("one that begins suspended, with tables of its own or not, finds its schema once it is active", async () => {
  const gum = (status: string) => line("gum", "schema", status);
  const oak = (status: string) => line("oak", "schema", status, " tables=own");
  const state = await cell.settle({ ...lines, gum: gum("suspended"), oak: oak("suspended") });
  expect(state.tenants).toMatchObject({ gum: gum("suspended"), oak: oak("suspended") });
  for (const slug of ["gum", "oak"]) {
    expect(await cell.tamper(USAGE(`tenant_${slug}`, `role_${slug}`))).toEqual([{ usage: false }]);
  }
  await cell.settle({ ...lines, gum: gum("active"), oak: oak("active") });
  expect(await cell.as("tenants/gum/db", "select * from organizations")).toEqual([]);
  await cell.as("tenants/oak/db", "create table things (a int)");
});

describe("a lock on a table of its own, with which it could put its suspension off", () => {
  const LOCK = "lock table tenant_elm.users in access exclusive mode";
  const look = (client: Client) => client.query("select count(*) from tenant_elm.users");
  const hurried = (use: (client: Client) => Promise<unknown>) =>
    asAdmin(async (client) => {
      await client.query("set lock_timeout = '100ms'");
      return await use(client).then(
        () => "looked",
        (error: { code?: string }) => error.code,
      );
    });
  const withLock = async (user: string, secret: string, sql: string) => {
    const session = await cell.login(user, secret);
    session.query(sql).catch(() => undefined);
    await until(async () => (await cell.tamper("select from pg_locks where mode = 'AccessExclusiveLock'")).length > 0);
    return session;
  };

  test.each(["held", "waited for"])("costs it its session: %s", async (how) => {
    const reader = await cell.login("login_elm_a", password("elm"));
    if (how === "waited for") await reader.query("begin; select from tenant_elm.users");
    await withLock("login_elm_a", password("elm"), `begin; ${LOCK}`);
    expect(await hurried(look)).toBe("55P03");
    expect(await hurried((client) => withoutHolders(client, () => look(client)))).toBe("looked");
    expect((await reader.query("select 1")).rowCount).toBe(1); // it kept nobody waiting
    await reader.end();
  });

  test("is a migrator's own business", async () => {
    const migrator = cellSecretPath("eu-1", "migrator");
    const value = (key: string) => cell.store.value(migrator, key);
    const session = await withLock(value("username"), value("password"), `begin; ${LOCK}`);
    expect(await hurried((client) => withoutHolders(client, () => look(client)))).toBe("55P03");
    await session.end();
  });
});
