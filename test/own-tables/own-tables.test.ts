/** An application with its own migrations: three environments in one database, and one customer on a server of its own. */
import { parseRegistry } from "../../registry/parse";
import { place } from "../../registry/place";
import { startTestCell, type TestCell } from "../database/test-cell";
import { migrate } from "./application";

const PLANS = `plans:
  app: { tier: schema, workMem: 48MB, statementTimeout: 20s, connections: 3, tables: own }
  own: { tier: dedicated, workMem: 96MB, statementTimeout: 60s, connections: 4, tables: own, instanceClass: db.m7g.large, diskGb: 100 }
`;
const ENVIRONMENTS = ["staging", "demo", "production"] as const;

/** What a stack of these tenants asks of each cell. */
function estateOf(tenants: Readonly<Record<string, string>>) {
  const lines = Object.entries(tenants).map(([slug, line]) => `  ${slug}: ${line}\n`);
  const cells = "cells:\n  apps: { region: eu-west-1, instanceClass: db.r7g.large, diskGb: 100, tables: own }\n";
  const text = `${cells}tenants:\n${lines.join("")}`;
  const sources = { plans: { file: "plans.yaml", text: PLANS }, stack: { file: "prod.yaml", text }, quotas: [] };
  return place(parseRegistry(sources));
}

const TENANTS = {
  staging: "{ plan: app, cell: apps }",
  demo: "{ plan: app, cell: apps }",
  production: "{ plan: app, cell: apps, connections: 10 }",
  customer: "{ plan: own, region: eu-west-1 }",
};

let apps: TestCell;
let customer: TestCell;

/** As `pulumi up` does with the registry, in both cells. Nothing may fail. */
async function up(changes: Readonly<Record<string, string | undefined>> = {}) {
  const wanted = Object.entries({ ...TENANTS, ...changes }).flatMap(([slug, line]) => (line ? [[slug, line]] : []));
  const { cells, plans } = estateOf(Object.fromEntries(wanted));
  const linesOf = (name: string) => cells.find((cell) => cell.name === name)?.lines ?? {};
  const outcomes = await Promise.all([
    apps.up(linesOf("apps"), { plans }),
    customer.up(linesOf("customer"), { plans }),
  ]);
  expect(outcomes.flatMap(({ failures }) => failures)).toEqual([]);
  return { lines: { ...linesOf("apps"), ...linesOf("customer") }, states: outcomes.map(({ state }) => state) };
}

const as = (slug: string, sql: string) => (slug === "customer" ? customer : apps).as(`tenants/${slug}/db`, sql);

const tablesIn = (cell: TestCell) =>
  cell.tamper(`select schemaname as schema, tableowner as owner, string_agg(tablename, ' ' order by tablename) as tables
    from pg_tables where schemaname ~ '^(tenant_|public|pooled)' group by 1, 2 order by 1`);

beforeAll(async () => {
  [apps, customer] = await Promise.all([startTestCell(17, "apps"), startTestCell(17, "customer")]);
  await up();
});
afterAll(() => Promise.all([apps.stop(), customer.stop()]));

test("such a cell has nothing of Tenantry's tables, nor of a pooled application", async () => {
  expect(await apps.tamper("select nspname from pg_namespace where nspname = 'pooled'")).toEqual([]);
  expect([...apps.store.secrets.keys()].sort()).toEqual([
    "tenants/demo/db",
    "tenants/production/db",
    "tenants/staging/db",
  ]);
});

test("each environment has its tables and the list of its migrations in its own schema", async () => {
  await Promise.all(ENVIRONMENTS.map((slug) => migrate(apps, slug, "up", "1")));
  const tables = "orders pgmigrations";
  expect(await tablesIn(apps)).toEqual([
    { schema: "tenant_demo", owner: "role_demo", tables },
    { schema: "tenant_production", owner: "role_production", tables },
    { schema: "tenant_staging", owner: "role_staging", tables },
  ]);
});

test("an application on a server of its own is told no schema, and is in `public`", async () => {
  expect(customer.store.value("tenants/customer/db", "schema")).toBe("public");
  await migrate(customer, "customer", "up");
  expect(await tablesIn(customer)).toEqual([
    { schema: "public", owner: "role_customer", tables: "invoices orders pgmigrations" },
  ]);
  await as("customer", "insert into orders (note) values ('first'); insert into invoices values (1, 250)");
  expect(await as("customer", "select invoiced('open')::int as cents, current_schema()")).toEqual([
    { cents: 250, current_schema: "public" },
  ]);
});

test("a migration goes back and forth in one environment, and nowhere else", async () => {
  await migrate(apps, "staging", "up");
  await migrate(apps, "staging", "down", "2");
  const schemas = (await tablesIn(apps)).map(({ tables }) => tables);
  expect(schemas).toEqual(["orders pgmigrations", "orders pgmigrations", "pgmigrations"]);
  await migrate(apps, "staging", "up");
  expect(await as("staging", "select invoiced('paid')::int as cents")).toEqual([{ cents: 0 }]);
});

test("the application migrates while Tenantry reconciles", async () => {
  const changed = up({ production: "{ plan: app, cell: apps, connections: 12 }" });
  await Promise.all([migrate(apps, "production", "up"), migrate(apps, "demo", "up"), changed]);
  const limits = await apps.tamper("select rolconnlimit from pg_roles where rolname = 'login_production_a'");
  expect(limits).toEqual([{ rolconnlimit: 12 }]);
  await up();
});

test("nothing of the application's tables is drift, and nothing of them is touched", async () => {
  await as("production", "insert into orders (note) values ('kept'); alter table orders add column extra text");
  const { lines, states } = await up();
  const reports = await Promise.all([apps.report(), customer.report()]);
  expect(Object.assign({}, ...reports.map(({ tenants }) => tenants))).toEqual(lines);
  expect(reports.map(({ shared }) => shared)).toEqual([{}, {}]);
  expect(states.flatMap(({ directory }) => directory.map(({ slug, schema }) => `${slug} ${schema}`))).toEqual([
    "demo tenant_demo",
    "production tenant_production",
    "staging tenant_staging",
    "customer public",
  ]);
  expect(await as("production", "select note, extra from orders")).toEqual([{ note: "kept", extra: null }]);
});

test("the cell's extensions, also one that comes later, are found behind the application's own schema", async () => {
  for (const cell of [apps, customer]) {
    const admin = await cell.login(cell.connection.username, cell.connection.password);
    await admin.query("create extension pg_trgm schema public");
    await admin.end();
  }
  for (const slug of ["staging", "customer"]) {
    expect(await as(slug, "select similarity('same', 'same') as similar")).toEqual([{ similar: 1 }]);
    await as(slug, "create index orders_note on orders using gin (note gin_trgm_ops)");
  }
  await up();
  expect((await customer.report()).tenants).toEqual({ customer: expect.not.stringContaining("drift") });
});

test("an application that owns `public` cannot put its functions in the admin's way", async () => {
  await as(
    "customer",
    "grant usage on schema public to public; create function trap() returns int language sql return 1",
  );
  const admin = await customer.login(customer.connection.username, customer.connection.password);
  try {
    await expect(admin.query("select trap()")).rejects.toThrow("function trap() does not exist");
    await admin.query("set search_path to public");
    expect((await admin.query("select trap()")).rows).toEqual([{ trap: 1 }]); // the control
  } finally {
    await admin.end();
    await as("customer", "drop function trap(); revoke usage on schema public from public");
  }
});

describe("an environment cannot reach another", () => {
  const attacks = [
    ["read its tables", "select * from tenant_production.orders"],
    ["see them through its own", "create view stolen as select * from tenant_production.orders"],
    ["make tables there", "create table tenant_production.mine (a int)"],
    ["drop them", "drop schema tenant_production cascade"],
    ["be its role", "set role role_production"],
    ["give itself its role", "grant role_production to role_staging"],
    ["put something where all would find it", "create table public.orders (a int)"],
  ] as const;

  test.each(attacks)("to %s", async (_what, sql) => {
    await expect(as("staging", sql)).rejects.toThrow(/permission denied|must be owner/);
  });

  test("to run its migrations there", async () => {
    await expect(migrate(apps, "staging", "up", "--schema", "tenant_production")).rejects.toThrow(/permission denied/);
  });

  test("control: with the other's role it reads them, and that is told", async () => {
    await apps.tamper("grant role_production to role_staging");
    expect(await as("staging", "select note from tenant_production.orders")).toEqual([{ note: "kept" }]);
    expect((await apps.report()).tenants.staging).toMatch(/drift: role_staging: member of role_production$/);
    await apps.tamper("revoke role_production from role_staging");
    await expect(as("staging", "select note from tenant_production.orders")).rejects.toThrow("permission denied");
  });
});

test("its logins have the plan's limits", async () => {
  const shown = "select current_setting('work_mem') as mem, current_setting('statement_timeout') as time";
  expect(await as("staging", shown)).toEqual([{ mem: "48MB", time: "20s" }]);
  expect(await as("customer", shown)).toEqual([{ mem: "96MB", time: "1min" }]);
  await up({ staging: "{ plan: app, cell: apps, statementTimeout: 50ms }" });
  await expect(as("staging", "select pg_sleep(60)")).rejects.toThrow("statement timeout");
  const [user, password] = [
    apps.store.value("tenants/demo/db", "username"),
    apps.store.value("tenants/demo/db", "password"),
  ];
  const sessions = await Promise.all([1, 2, 3].map(() => apps.login(user, password)));
  await expect(apps.login(user, password)).rejects.toThrow("too many connections for role");
  await Promise.all(sessions.map((session) => session.end()));
});

test("suspended it can neither work nor migrate; active again it has everything", async () => {
  await up({
    production: "{ plan: app, cell: apps, status: suspended }",
    customer: "{ plan: own, region: eu-west-1, status: suspended }",
  });
  await expect(migrate(apps, "production", "up")).rejects.toThrow(/not permitted to log in/);
  await expect(as("customer", "select from orders")).rejects.toThrow("not permitted to log in");
  await up();
  expect(await as("production", "select note from orders")).toEqual([{ note: "kept" }]);
  expect(await as("customer", "select note from orders")).toEqual([{ note: "first" }]);
});

test("offboarded, its logins and its secret go, its data stays, and the others work on", async () => {
  await up({ demo: "{ plan: app, cell: apps, status: offboarding }" });
  await up({ demo: undefined });
  expect(apps.store.secrets.has("tenants/demo/db")).toBe(false);
  expect(await apps.tamper("select rolname from pg_roles where rolname like 'login_demo%'")).toEqual([]);
  expect(await apps.tamper("select count(*)::int as migrations from tenant_demo.pgmigrations")).toEqual([
    { migrations: 2 },
  ]);
  expect(await as("staging", "select invoiced('paid')::int as cents")).toEqual([{ cents: 0 }]);
  const { cells, plans } = estateOf(TENANTS);
  const back = await apps.up(cells.find(({ name }) => name === "apps")?.lines ?? {}, { plans });
  expect(back.failures).toEqual([{ subject: "demo", reason: expect.stringContaining("[TN-310]") }]);
});

test("a schema `public` with something in it is not taken over", async () => {
  const used = await startTestCell(17, "customer");
  try {
    await used.tamper("create type public.old as enum ('a'); create extension pg_trgm schema public");
    const { cells, plans } = estateOf({ customer: TENANTS.customer });
    const lines = cells.find(({ name }) => name === "customer")?.lines ?? {};
    const { failures } = await used.up(lines, { plans });
    expect(failures).toEqual([
      { subject: "customer", reason: expect.stringMatching(/public has objects already.*adopts nothing/) },
    ]);
    await used.tamper("drop type public.old");
    expect((await used.up(lines, { plans })).failures).toEqual([]);
  } finally {
    await used.stop();
  }
});
