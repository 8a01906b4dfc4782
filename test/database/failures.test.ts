/** What goes wrong is told, nothing is lost, and the next run goes on. */
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { withClient } from "../../database/connect";
import { parseDirectives } from "../../database/directives";
import { withLock } from "../../database/lock";
import { assertCountable } from "../../database/quota-check";
import { reconcile } from "../../database/reconcile";
import { assertRetirable } from "../../database/retire";
import { idOf, line, nextFile, nextTableFile, PLANS, SQL_DIR, startTestCell, type TestCell } from "./test-cell";

let cell: TestCell;
let sqlDir: string;
const base = { ash: line("ash", "schema"), cedar: line("cedar", "pooled") };
const names = async (sql: string) => (await cell.tamper(sql)).map(({ name }) => name);

beforeAll(async () => {
  sqlDir = mkdtempSync(join(tmpdir(), "tenantry-sql-"));
  cpSync(SQL_DIR, sqlDir, { recursive: true });
  cell = await startTestCell();
  await cell.settle(base);
});
afterAll(async () => {
  await cell.stop();
  rmSync(sqlDir, { recursive: true });
});

test("two runs at once: the second says who holds the lock", async () => {
  const target = { connection: cell.connection, cell: "eu-1", purpose: "reconcile" };
  await withClient(target, (client) =>
    withLock(client, "eu-1", 100, async () => {
      await expect(cell.up(base)).rejects.toThrow(
        /another run works on cell eu-1: tenantry reconcile \(.+:\d+\), server process \d+, since \d{4}-.* \[TN-305\]/,
      );
    }),
  );
  await cell.settle(base);
});

test("a foreign role, schema or broken line fails its tenant alone", async () => {
  await cell.tamper("create role role_oak; create schema tenant_yew; create role login_elm_a login");
  const lines = {
    ...base,
    oak: line("oak", "schema"),
    pine: line("pine", "schema"),
    yew: line("yew", "schema"),
    elm: line("elm", "schema"),
    rowan: "schema status=active",
    maple: line("maple", "schema").replace("growth", "unknown"),
    larch: line("larch", "pooled"),
  };
  const { failures, state } = await cell.up(lines);
  const reasons = Object.fromEntries(failures.map(({ subject, reason }) => [subject, reason]));
  expect(reasons).toEqual({
    oak: expect.stringMatching(/role role_oak is not the tenant's.*TN-308/),
    elm: expect.stringMatching(/role login_elm_a is not the tenant's.*TN-308/),
    yew: expect.stringMatching(/schema tenant_yew is not the tenant's.*TN-308/),
    rowan: expect.stringContaining("TN-119"),
    maple: expect.stringMatching(/plan unknown.*TN-320/),
  });
  expect(Object.keys(state.tenants)).toEqual(["ash", "cedar", "larch", "pine"]);
  expect(await names("select rolname as name from pg_roles where rolname ~ '(oak|yew|elm|maple)' order by 1")).toEqual([
    "login_elm_a",
    "role_oak",
  ]);

  await cell.tamper("drop role role_oak, login_elm_a; drop schema tenant_yew");
  const { rowan: _, maple: __, ...good } = lines;
  expect(Object.keys((await cell.settle(good)).tenants)).toHaveLength(7);
  const gone = (slug: string) => line(slug, "schema", "offboarding");
  const leaving = Object.fromEntries(["oak", "pine", "yew", "elm"].map((slug) => [slug, gone(slug)]));
  await cell.settle({ ...base, ...leaving, larch: line("larch", "pooled", "offboarding") });
  await cell.settle(base);
});

test("one pooled row among many that the database refuses fails alone", async () => {
  const many = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`q${i}`, line(`q${i}`, "pooled")]));
  const bad = line("q17", "pooled").replace(/id=.*/, "id=not-a-uuid");
  const { failures, state } = await cell.up({ ...base, ...many, q17: bad });
  expect(failures).toEqual([{ subject: "q17", reason: expect.stringMatching(/invalid input syntax for type uuid/) }]);
  expect(Object.keys(state.tenants)).toHaveLength(41);
  const leaving = Object.keys(many).map((slug) => [slug, line(slug, "pooled", "offboarding")]);
  await cell.settle({ ...base, ...Object.fromEntries(leaving) });
  await cell.settle(base);
});

test("the store is down: tenants that need a secret fail, the others are done, the next run goes on", async () => {
  const lines = { ...base, fig: line("fig", "schema"), date: line("date", "pooled") };
  cell.store.down = new Error("no answer from the store");
  const { failures, state } = await cell.up(lines);
  expect(failures).toEqual([{ subject: "fig", reason: "no answer from the store" }]);
  expect(Object.keys(state.tenants)).toEqual(["ash", "cedar", "date"]);
  cell.store.down = undefined;
  await cell.settle(lines);
  expect(await cell.as("tenants/fig/db", "select session_user as name")).toEqual([{ name: "login_fig_a" }]);
});

test("a secret whose removal failed is removed by the next run", async () => {
  const lines = { ...base, date: line("date", "pooled") };
  await cell.settle({ ...lines, fig: line("fig", "schema", "offboarding") });
  cell.store.down = new Error("no answer from the store");
  expect((await cell.up(lines)).failures).toEqual([{ subject: "fig", reason: "no answer from the store" }]);
  cell.store.down = undefined;
  expect(cell.store.secrets.has("tenants/fig/db")).toBe(true);
  await cell.settle(lines);
  expect(cell.store.secrets.has("tenants/fig/db")).toBe(false);
});

test("a session that is killed in the middle: what was done is kept, the next run goes on and reuses the secrets", async () => {
  const many = Object.fromEntries(["a1", "a2", "a3", "a4", "a5", "a6"].map((slug) => [slug, line(slug, "schema")]));
  const lines = { ...base, date: line("date", "pooled"), ...many };
  const write = cell.store.write.bind(cell.store);
  cell.store.write = async (path, data, cas) => {
    const version = await write(path, data, cas);
    if (path === "tenants/a4/db") {
      await cell.tamper(
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'tenantry reconcile%'",
      );
    }
    return version;
  };
  try {
    await expect(cell.up(lines)).rejects.toThrow(
      /connection was lost in the middle.*run the command again.*\[TN-315\]/,
    );
  } finally {
    cell.store.write = write;
  }
  const password = cell.store.value("tenants/a4/db", "password");
  const state = await cell.settle(lines);
  expect(Object.keys(state.tenants)).toHaveLength(9);
  expect(cell.store.value("tenants/a4/db", "password")).toBe(password);
  for (const slug of Object.keys(many)) await cell.as(`tenants/${slug}/db`, "select from topics");
});

test("a wiped store gets a new secret with the next change of the tenant", async () => {
  cell.store.secrets.delete("tenants/a1/db");
  const lines = (await cell.report()).tenants;
  await cell.settle({ ...lines, a1: line("a1", "schema", "active", " connections=7") });
  expect(await cell.as("tenants/a1/db", "select session_user as name")).toEqual([{ name: "login_a1_a" }]);
});

test("new files of the control schema come all or not at all: a run that ends between them can be run again", async () => {
  const dir = join(sqlDir, "cell");
  const made = join(dir, nextFile(dir, "notes"));
  writeFileSync(made, "create table tenantry.notes (id int);\n");
  const broken = join(dir, nextFile(dir, "broken"));
  writeFileSync(broken, "create table tenantry.broken (id nowhere);\n");
  await expect(cell.up(base, { sqlDir })).rejects.toThrow(/sql\/cell\/\d+_broken.sql fails: .*nowhere.*\[TN-318\]/);
  for (const file of [made, broken]) rmSync(file);
  expect(await cell.tamper("select to_regclass('tenantry.notes') as notes")).toEqual([{ notes: null }]);
  await cell.settle((await cell.report()).tenants);
});

test("a new file reaches every schema; one that fails touches none; a changed one is refused", async () => {
  const lines = (await cell.report()).tenants;
  const name = nextTableFile(sqlDir, "extra_tags");
  const file = join(sqlDir, "tenant", name);
  const table = "create table extra_tags (tenant_id uuid not null, id uuid not null, primary key (tenant_id, id));\n";
  const where = "select table_schema as name from information_schema.tables where table_name = 'extra_tags' order by 1";
  writeFileSync(file, `${table}create table broken (tenant_id nowhere);\n`);
  const broken = await cell.up(
    { ...lines, newcomer: line("newcomer", "schema"), ash: line("ash", "schema", "suspended") },
    { sqlDir },
  );
  expect(broken.failures).toEqual([
    {
      subject: "cell",
      reason: expect.stringMatching(new RegExp(`sql/tenant/${name}:2 fails, so no schema was touched.*TN-318`)),
    },
    { subject: "newcomer", reason: expect.stringContaining("TN-318") },
  ]);
  expect(await names(where)).toEqual([]);
  expect(broken.state.directory.find(({ slug }) => slug === "ash")?.status).toBe("suspended");

  writeFileSync(file, table);
  expect((await cell.up(lines, { sqlDir })).failures).toEqual([]);
  const schemas = ["pooled", ...["a1", "a2", "a3", "a4", "a5", "a6", "ash"].map((slug) => `tenant_${slug}`)];
  expect(await names(where)).toEqual(schemas);
  await cell.as("tenants/a1/db", "insert into extra_tags (id) values (gen_random_uuid())");
  expect(Object.values((await cell.report()).tenants).filter((text) => text.includes("drift"))).toEqual([]);

  writeFileSync(file, `${table}-- changed\n`);
  const changed = await cell.up({ ...lines, ash: line("ash", "schema", "suspended") }, { sqlDir });
  expect(changed.failures).toContainEqual({
    subject: "cell",
    reason: expect.stringMatching(new RegExp(`${name} was changed .* write the change in a new file \\[TN-307\\]`)),
  });
  expect(changed.state.directory.find(({ slug }) => slug === "ash")?.status).toBe("suspended");
  rmSync(file);
  expect((await cell.up(lines, { sqlDir })).failures).toContainEqual({
    subject: "cell",
    reason: expect.stringContaining(`${name} is gone`),
  });
  writeFileSync(file, table);
  expect((await cell.up(lines, { sqlDir })).failures).toEqual([]);
});

test("quotas that the tables cannot be counted for are refused before any schema is touched", async () => {
  const lines = (await cell.report()).tenants;
  const name = nextTableFile(sqlDir, "tags");
  const file = join(sqlDir, "tenant", name);
  const table = `create table tags (tenant_id uuid not null, id uuid not null, word text, weight real, size bigint, at timestamptz,
    day date, primary key (tenant_id, id));\n`;
  const bad = [
    ["gone count tag", "tag has no tenant_id; allowed is a column of type uuid"],
    ["perColour count tags per colour", "tags has no colour; allowed is a column of the table"],
    [
      "words sum tags.word per month of at",
      "tags.word is of type text; allowed is a column of type smallint, integer, bigint, numeric",
    ],
    ["weights sum tags.weight per month of at", "tags.weight is of type real;"],
    [
      "days sum tags.size per month of day",
      "tags.day is of type date; allowed is a column of type timestamp with time zone",
    ],
    ["kinds sum tags.size where kind = a per month of at", "tags has no kind; allowed is a column of the table"],
  ] as const;
  writeFileSync(file, bad.map(([quota]) => `--! quota: ${quota}\n`).join("") + table);
  const { failures } = await cell.up(lines, { sqlDir });
  expect(failures).toEqual([{ subject: "cell", reason: expect.stringContaining("[TN-336]") }]);
  for (const [quota, says] of bad) {
    const [word = ""] = quota.split(" ");
    expect(failures[0]?.reason).toContain(`sql/tenant/${name}: quota ${word} cannot be counted: ${says}`);
  }
  expect(await cell.tamper(`select from tenantry.migrations where file = '${name}'`)).toEqual([]);
  rmSync(file);
  // The control: the same table, and quotas that it can be counted for.
  const good = `--! quota: tags count tags per word\n--! quota: sizes sum tags.size where word = a per month of at\n${table}`;
  const client = await cell.login(cell.connection.username, cell.connection.password);
  try {
    await client.query(`begin; create schema counted; set local search_path to counted; ${good}`);
    await assertCountable(client, "counted", [{ name, quotas: parseDirectives(name, good).quotas }]);
  } finally {
    await client.end();
  }
});

test("keys without tenant_id are refused before any schema is touched; plain indexes and partitions are not", async () => {
  const lines = (await cell.report()).tenants;
  const file = join(sqlDir, "tenant", nextTableFile(sqlDir, "keys"));
  const key = "id uuid not null, primary key (tenant_id, id)";
  const make = (name: string, columns: string, after = "") =>
    `create table ${name} (tenant_id uuid not null, ${columns})${after};\n`;
  writeFileSync(
    file,
    make("one", "id uuid primary key") +
      make("two", `${key}, email text, unique (email), exclude (email with =)`) +
      make("three", `${key}, one_id uuid references one (id)`) +
      make("four", `${key}, email text`) +
      "create unique index on four (lower(email)) include (tenant_id);\n",
  );
  const { failures } = await cell.up(lines, { sqlDir });
  expect(failures).toEqual([{ subject: "cell", reason: expect.stringContaining("TN-333") }]);
  for (const name of ["one_pkey", "two_email_key", "two_email_excl", "three_one_id_fkey", "four_lower_tenant_id_idx"])
    expect(failures[0]?.reason).toContain(`${name} of ${name.split("_")[0]}`);

  const day = `${key.replace("id)", "id, day)")}, day date not null, tag uuid, foreign key (tenant_id, tag) references extra_tags`;
  writeFileSync(
    file,
    make("days", day, " partition by range (day)") +
      "create table days_2030 partition of days for values from ('2030-01-01') to ('2031-01-01');\n" +
      "create index on days (day); create unique index on days (day, tenant_id);\n",
  );
  expect((await cell.up(lines, { sqlDir })).failures).toEqual([]);
});

test("a prepared target is empty and closed, and goes without a trace", async () => {
  const lines = (await cell.report()).tenants;
  const moving = line("guava", "schema", "active", " connections=25 from=pooled@us-1");
  const up = async (more: Record<string, string>) => await cell.up({ ...lines, ...more }, { sqlDir });
  const { failures, state } = await up({ guava: moving });
  expect(failures).toEqual([]);
  expect(state.tenants.guava).toBe(moving);
  expect(state.directory.map(({ slug }) => slug)).not.toContain("guava");
  expect(cell.store.secrets.has("tenants/guava/db")).toBe(false);
  expect(await cell.tamper("select rolcanlogin as can from pg_roles where rolname = 'login_guava_a'")).toEqual([
    { can: false },
  ]);
  const early = await up({ guava: moving.replace(" from=pooled@us-1", "") });
  expect(early.failures).toEqual([{ subject: "guava", reason: expect.stringContaining("[TN-314]") }]);

  const id = idOf("guava");
  await cell.tamper(`insert into tenant_guava.organizations (tenant_id, name, slug) values ('${id}', 'x', 'x')`);
  expect((await up({})).failures).toEqual([
    { subject: "guava", reason: expect.stringMatching(/has rows in organizations.*TN-319/) },
  ]);
  await cell.tamper("delete from tenant_guava.organizations");
  expect((await up({})).failures).toEqual([]);
  expect(await names("select rolname as name from pg_roles where rolname ~ 'guava'")).toEqual([]);
  expect(await names("select nspname as name from pg_namespace where nspname ~ 'guava'")).toEqual([]);
});

test("a cell of another name, or in a database of somebody else's, is refused", async () => {
  await expect(cell.up(base, { cell: "us-1" })).rejects.toThrow(/belongs to cell eu-1, not to us-1.*TN-306/);
  await cell.tamper("create database theirs");
  const elsewhere = { ...cell.connection, database: "theirs" };
  const desired = { cell: "eu-1", plans: PLANS, tenants: {} };
  await expect(reconcile({ connection: elsewhere, desired, secrets: cell.store, sqlDir })).rejects.toThrow(
    /cell eu-1 is not ready: database theirs does not belong to tenantry_admin.*TN-304/,
  );
});

test("a cell with tenants cannot be retired", async () => {
  const target = { connection: cell.connection, cell: "eu-1" };
  await expect(assertRetirable(target)).rejects.toThrow(/still has 9 active or suspended tenants \(a1, a2.*\[TN-202\]/);
  await cell.tamper("update tenantry.tenants set status = 'offboarding' where status <> 'removed'");
  await assertRetirable(target);
});
