/** The life of tenants in the shared tiers, with real logins. */
import type { Client } from "pg";
import { signContext } from "../../client/context";
import { idOf, line, startTestCell, type TestCell } from "./test-cell";

let cell: TestCell;
const birch = (status = "active", more = " connections=3 workMem=64MB") => line("birch", "schema", status, more);
const rest = {
  cedar: line("cedar", "pooled"),
  dover: line("dover", "pooled"),
  elm: line("elm", "schema"),
  fir: line("fir", "schema", "active", " tables=own"),
};

beforeAll(async () => {
  cell = await startTestCell();
  await cell.settle({ ...rest, birch: birch() });
});
afterAll(() => cell.stop());

const BIRCH = "tenants/birch/db";
const insert = "insert into organizations (name, slug) values ('Birch', 'birch')";

test("a schema tenant logs in with its secret, finds its tables, writes and reads its rows", async () => {
  await cell.as(BIRCH, insert);
  expect(await cell.as(BIRCH, "select tenant_id, name from organizations")).toEqual([
    { tenant_id: idOf("birch"), name: "Birch" },
  ]);
  expect(cell.store.secrets.get(BIRCH)?.data).toEqual({
    host: "127.0.0.1",
    port: String(cell.server.port),
    database: "app",
    username: "login_birch_a",
    password: expect.stringMatching(/^[\w-]{43}$/),
    schema: "tenant_birch",
    sslmode: "disable",
    url: expect.stringMatching(/^postgresql:\/\/login_birch_a:[\w-]{43}@127\.0\.0\.1:\d+\/app\?sslmode=disable$/),
  });
});

test("its limits are those of its line, and of its plan where the line has none", async () => {
  const settings = "select current_setting('work_mem') as mem, current_setting('statement_timeout') as timeout";
  expect(await cell.as(BIRCH, settings)).toEqual([{ mem: "64MB", timeout: "30s" }]);
  const transactions = `select current_setting('idle_in_transaction_session_timeout') as idle, current_setting('transaction_timeout') as whole`;
  expect(await cell.as(BIRCH, transactions)).toEqual([{ idle: "1min", whole: "1h" }]);
  const sessions: Client[] = [];
  const username = cell.store.value(BIRCH, "username");
  const open = async () => sessions.push(await cell.login(username, cell.store.value(BIRCH, "password")));
  for (let i = 0; i < 3; i += 1) await open();
  await expect(open()).rejects.toThrow("too many connections for role");
  await Promise.all(sessions.map((session) => session.end()));
});

test.each([
  ["another schema tenant's tables", "select * from tenant_elm.organizations"],
  ["the pooled tables", "select * from pooled.organizations"],
  ["the application's own schema of another tenant", "create table tenant_fir.stolen (a int)"],
  ["the control schema", "select * from tenantry.keys"],
  ["a table of its own making", "create table tenant_birch.mine (a int)"],
  ["rows of another tenant", `insert into organizations (tenant_id, name, slug) values ('${idOf("elm")}', 'x', 'x')`],
  ["another role", "set role role_elm"],
  ["the owner", "set role tenantry_owner"],
])("a schema tenant cannot reach %s", async (_what, sql) => {
  await expect(cell.as(BIRCH, sql)).rejects.toThrow(/permission denied|violates check constraint/);
});

test("a pooled tenant works through the application's login and a signed context", async () => {
  const key = {
    kid: cell.store.value("cells/eu-1/context", "kid"),
    key: cell.store.value("cells/eu-1/context", "key"),
  };
  const app = await cell.login("tenantry_app", cell.store.value("cells/eu-1/app", "password"));
  const asTenant = async (slug: string, sql: string) => {
    await app.query("begin");
    try {
      const context = signContext(key, idOf(slug), { expiresInSeconds: 60 });
      await app.query("select set_config('tenantry.context', $1, true)", [context]);
      return (await app.query(sql)).rows;
    } finally {
      await app.query("commit");
    }
  };
  try {
    await asTenant("cedar", "insert into organizations (name, slug) values ('Cedar', 'cedar')");
    expect(await asTenant("cedar", "select name from organizations")).toEqual([{ name: "Cedar" }]);
    expect(await asTenant("dover", "select name from organizations")).toEqual([]);
    expect((await app.query("select name from organizations")).rows).toEqual([]);
    // A tenant of another tier has no rows here, and no context is accepted for it.
    await expect(asTenant("birch", "select name from organizations")).rejects.toMatchObject({ code: "42501" });

    await cell.settle({ ...rest, birch: birch(), cedar: line("cedar", "pooled", "suspended") });
    await expect(asTenant("cedar", "select name from organizations")).rejects.toMatchObject({ code: "42501" });
    await cell.settle({ ...rest, birch: birch() });
    expect(await asTenant("cedar", "select name from organizations")).toEqual([{ name: "Cedar" }]);
  } finally {
    await app.end();
  }
});

test("the directory tells what a transaction of a pooled tenant may use, and leaves the others to their logins", async () => {
  const cedar = line("cedar", "pooled", "active", " statementTimeout=1500ms");
  const { directory } = await cell.settle({ ...rest, birch: birch(), cedar });
  const limits = Object.fromEntries(directory.map((row) => [row.slug, row.limits]));
  expect(limits).toMatchObject({
    cedar: { statementTimeout: "1500ms", workMem: "32MB", idleInTransactionTimeout: "60s" },
    dover: { statementTimeout: "10s", workMem: "32MB", idleInTransactionTimeout: "60s" },
    birch: undefined,
  });
  await cell.settle({ ...rest, birch: birch() });
});

test("with `tables: own` the application makes its tables, which belong to the role that outlives a login", async () => {
  await cell.as("tenants/fir/db", "create table things (a int); insert into things values (1)");
  expect(await cell.as("tenants/fir/db", "select a from things")).toEqual([{ a: 1 }]);
  const owners = await cell.tamper("select tableowner, schemaname from pg_tables where tablename = 'things'");
  expect(owners).toEqual([{ tableowner: "role_fir", schemaname: "tenant_fir" }]);
  await expect(cell.as("tenants/elm/db", "select * from tenant_fir.things")).rejects.toThrow("permission denied");
});

test("suspended: open sessions end, none can be opened, the store is not needed; active: all is as before", async () => {
  const [username, password] = [cell.store.value(BIRCH, "username"), cell.store.value(BIRCH, "password")];
  const session = await cell.login(username, password);
  cell.store.down = new Error("the store is down");
  const { directory } = await cell.settle({ ...rest, birch: birch("suspended") });
  expect(directory.find(({ slug }) => slug === "birch")?.status).toBe("suspended");
  await expect(session.query("select 1")).rejects.toThrow();
  await expect(cell.login(username, password)).rejects.toThrow("not permitted to log in");

  cell.store.down = undefined;
  await cell.settle({ ...rest, birch: birch() });
  expect(await cell.as(BIRCH, "select name from organizations")).toEqual([{ name: "Birch" }]);
  expect(cell.store.value(BIRCH, "password")).toBe(password);
});

test("a tenant that begins suspended has no way in and no secret until it is active", async () => {
  await cell.settle({ ...rest, birch: birch(), gum: line("gum", "schema", "suspended") });
  expect(cell.store.secrets.has("tenants/gum/db")).toBe(false);
  await cell.settle({ ...rest, birch: birch(), gum: line("gum", "schema") });
  expect(await cell.as("tenants/gum/db", "select current_schema() as name")).toEqual([{ name: "tenant_gum" }]);
  await cell.settle({ ...rest, birch: birch(), gum: line("gum", "schema", "offboarding") });
  await cell.settle({ ...rest, birch: birch() });
});

test("a changed limit reaches the login, and a plan's reaches those that do not override it", async () => {
  await cell.settle({ ...rest, birch: birch("active", " connections=4 workMem=32MB") });
  const mem = "select current_setting('work_mem') as mem";
  expect(await cell.as(BIRCH, mem)).toEqual([{ mem: "32MB" }]);
  const plans = {
    free: "pooled workMem=32MB statementTimeout=10s",
    growth: "schema workMem=96MB statementTimeout=5s connections=9",
  };
  const { failures } = await cell.up({ ...rest, birch: birch() }, { plans });
  expect(failures).toEqual([]);
  expect(await cell.as(BIRCH, mem)).toEqual([{ mem: "64MB" }]);
  expect(await cell.as("tenants/elm/db", mem)).toEqual([{ mem: "96MB" }]);
  await cell.settle({ ...rest, birch: birch() });
});

test("a line that vanishes without having been offboarded is refused, and nothing is lost", async () => {
  const { failures, state } = await cell.up(rest);
  expect(failures).toEqual([{ subject: "birch", reason: expect.stringMatching(/status: offboarding.*\[TN-312\]$/) }]);
  expect(state.tenants.birch).toBe(birch());
  expect(await cell.as(BIRCH, "select name from organizations")).toEqual([{ name: "Birch" }]);
});

test("a changed tier or id is refused", async () => {
  const { failures } = await cell.up({
    ...rest,
    birch: line("birch", "pooled"),
    elm: rest.elm.replace(idOf("elm"), idOf("other")),
    cedar: line("cedar", "schema"),
  });
  const reasons = Object.fromEntries(failures.map(({ subject, reason }) => [subject, reason]));
  expect(reasons.birch).toMatch(/its tier is schema here and cannot become pooled.*TN-313/);
  expect(reasons.cedar).toMatch(/its tier is pooled here and cannot become schema.*TN-313/);
  expect(reasons.elm).toMatch(/its id is .* and cannot become .*TN-313/);
});

test("offboarding closes the way in; then the line may go, the data stays behind a tombstone", async () => {
  const [username, password] = [cell.store.value(BIRCH, "username"), cell.store.value(BIRCH, "password")];
  await cell.settle({ ...rest, birch: birch("offboarding"), cedar: line("cedar", "pooled", "offboarding") });
  await expect(cell.login(username, password)).rejects.toThrow("not permitted to log in");

  const { cedar: _, ...others } = rest;
  const state = await cell.settle(others);
  expect(Object.keys(state.tenants)).toEqual(["dover", "elm", "fir"]);
  expect(state.directory.map(({ slug }) => slug)).toEqual(["dover", "elm", "fir"]);
  expect(cell.store.secrets.has(BIRCH)).toBe(false);
  await expect(cell.login(username, password)).rejects.toThrow("password authentication failed");
  expect(await cell.tamper("select rolname from pg_roles where rolname like 'login_birch%'")).toEqual([]);
  expect(await cell.tamper("select name from tenant_birch.organizations")).toEqual([{ name: "Birch" }]);
  expect(await cell.tamper("select slug from tenantry.tenants where status = 'removed' order by 1")).toEqual([
    { slug: "birch" },
    { slug: "cedar" },
    { slug: "gum" },
  ]);

  const anew = (slug: string, tier: "pooled" | "schema") => line(slug, tier).replace(idOf(slug), idOf(`${slug} anew`));
  const same = await cell.up({ ...others, birch: birch(), cedar: line("cedar", "pooled") });
  expect(same.failures.map(({ reason }) => reason)).toEqual([
    expect.stringContaining("[TN-310]"),
    expect.stringContaining("[TN-310]"),
  ]);
  const other = await cell.up({ ...others, birch: anew("birch", "schema"), cedar: anew("cedar", "pooled") });
  expect(other.failures).toEqual([{ subject: "birch", reason: expect.stringContaining("[TN-311]") }]);
  expect(Object.keys(other.state.tenants)).toContain("cedar");
});
