/** What somebody changes in the database by hand is found, and put right or named. */
import { line, startTestCell, type TestCell } from "./test-cell";

let cell: TestCell;
const lines = {
  birch: line("birch", "schema"),
  cedar: line("cedar", "pooled"),
  dover: line("dover", "schema", "suspended"),
};

beforeAll(async () => {
  cell = await startTestCell();
  await cell.settle(lines);
});
afterAll(() => cell.stop());

/** The drift behind a tenant's line. */
const driftOf = async (slug: keyof typeof lines) => {
  const told = (await cell.report()).tenants[slug] ?? "no line";
  return told === lines[slug] ? "none" : told.replace(`${lines[slug]} drift: `, "");
};

test.each<[string, "birch" | "cedar" | "dover", string, RegExp]>([
  ["a dropped grant", "birch", "revoke insert on tenant_birch.topics from role_birch", /topics.*insert/],
  ["a grant too much", "birch", "grant truncate on tenant_birch.topics to role_birch", /topics.*truncate/],
  ["a grant to a stranger", "birch", "grant select on tenant_birch.users to role_dover", /users.*role_dover/],
  ["a dropped wall", "birch", "alter table tenant_birch.events drop constraint tenant_wall", /events.*tenant_wall/],
  [
    "a changed role setting",
    "birch",
    "alter role login_birch_a set work_mem = '1GB'",
    /work_mem is 1GB instead of 128MB/,
  ],
  ["a setting too much", "birch", "alter role login_birch_a set enable_seqscan = off", /enable_seqscan is off/],
  [
    "a setting in the database",
    "birch",
    "alter role login_birch_a in database app set work_mem = '1GB'",
    /in database app/,
  ],
  [
    "a raised connection limit",
    "birch",
    "alter role login_birch_a connection limit -1",
    /-1 connections instead of 25/,
  ],
  ["a role that may create roles", "birch", "alter role login_birch_a createrole", /not nocreaterole/],
  [
    "a lost membership",
    "birch",
    "revoke tenantry_tenants from role_birch granted by tenantry_admin_001",
    /not a member of tenantry_tenants/,
  ],
  [
    "a login without its role",
    "birch",
    "revoke role_birch from login_birch_a granted by tenantry_admin_001",
    /not a member of role_birch/,
  ],
  ["a login that is open again", "dover", "alter role login_dover_a login", /login_dover_a: can log in/],
  [
    "a tampered status",
    "dover",
    "update tenantry.tenants set status = 'active' where slug = 'dover'",
    /status is active instead of suspended/,
  ],
  [
    "a tampered pooled row",
    "cedar",
    "update tenantry.tenants set plan = 'growth' where slug = 'cedar'",
    /plan is growth instead of free/,
  ],
  [
    "a login pinned to somebody else",
    "birch",
    "update tenantry.logins set tenant_id = (select id from tenantry.tenants where slug = 'cedar')",
    /not pinned/,
  ],
  [
    "another login pinned to it",
    "cedar",
    "insert into tenantry.logins select 'tenantry_app', id from tenantry.tenants where slug = 'cedar'",
    /tenantry_app: pinned/,
  ],
])("%s is found at refresh, and the next run puts it right", async (_what, slug, sql, told) => {
  await cell.tamper(sql);
  expect(await driftOf(slug)).toMatch(told);
  await cell.settle(lines);
  expect(await driftOf(slug)).toBe("none");
});

/** Of what PostgreSQL lets a login do to itself, all that could trip somebody. Settings of other names are refused (42501). */
const TO_ITSELF = [
  "set default_transaction_read_only = on",
  "set default_transaction_isolation = 'serializable'",
  "set search_path = pg_temp, public",
  "set row_security = off",
  "set statement_timeout = '1ms'",
  "set lock_timeout = '1ms'",
  "set idle_in_transaction_session_timeout = 0",
  "set transaction_timeout = '1ms'",
  "set client_encoding = 'LATIN1'",
  "set datestyle = 'German, DMY'",
  "set bytea_output = 'escape'",
  "set standard_conforming_strings = off",
  "set client_min_messages = 'error'",
  "set role = 'role_birch'",
  "set local_preload_libraries = 'nothing_of_that_name'",
  "set application_name = 'tenantry reconcile'",
  "in database app set work_mem = '2GB'",
  "in database postgres set work_mem = '2GB'",
];

test("whatever a tenant does to its own login is found, breaks no run, and is undone", async () => {
  const birch = await cell.login("login_birch_a", cell.store.value("tenants/birch/db", "password"));
  for (const change of TO_ITSELF) await birch.query(`alter role login_birch_a ${change}`);
  await birch.end();
  await expect(cell.as("tenants/birch/db", "select 1")).rejects.toThrow("nothing_of_that_name"); // it locked itself out
  const told = await driftOf("birch");
  for (const change of TO_ITSELF.filter((text) => text.startsWith("set "))) {
    expect(told).toMatch(new RegExp(`login_birch_a: ${change.split(" ")[1]?.replaceAll('"', "")} is `, "i"));
  }
  expect(told).toContain("in database app");
  await cell.settle(lines);
  expect(await driftOf("birch")).toBe("none");
  expect(await cell.as("tenants/birch/db", "select name from organizations")).toEqual([]);
});

test.each([
  [
    "a widened policy",
    "alter policy tenant_access on pooled.topics using (true)",
    "schema pooled",
    /topics.*tenant_access/,
  ],
  ["a dropped wall", "drop policy tenant_wall on pooled.users", "schema pooled", /users.*tenant_wall/],
  [
    "row security that is not forced",
    "alter table pooled.events no force row level security",
    "schema pooled",
    /events/,
  ],
  ["a grant too much", "grant truncate on pooled.events to tenantry_app", "schema pooled", /events.*truncate/],
  ["a public database", "grant connect on database app to public", "database", /public has privileges/],
  ["a tenant's own database privilege", "grant create on database app to role_birch", "database", /role_birch has/],
  [
    "functions that everybody may execute",
    "alter default privileges for role tenantry_owner grant execute on functions to public",
    "tenantry_owner",
    /everybody may execute/,
  ],
  [
    "what the owner is going to make, given to a tenant",
    `alter default privileges for role tenantry_owner grant select on tables to role_birch;
     alter default privileges for role tenantry_owner grant usage on schemas to role_birch`,
    "tenantry_owner",
    /its new schemas are for role_birch.*its new tables are for role_birch/,
  ],
  [
    "an application that may make temporary tables",
    "grant create, temporary on database app to tenantry_app",
    "database",
    /tenantry_app may make/,
  ],
  ["a group that may create roles", "alter role tenantry_tenants createrole", "tenantry_tenants", /not nocreaterole/],
  [
    "a changed application login",
    "alter role tenantry_app set search_path = public",
    "tenantry_app",
    /search_path is public/,
  ],
  [
    "a tenant in the owner's role",
    "grant tenantry_owner to role_birch granted by tenantry_admin",
    "tenantry_owner",
    /has the member role_birch/,
  ],
  [
    "the application in the role of sign-in",
    "grant tenantry_sign_in to tenantry_app granted by tenantry_admin",
    "tenantry_sign_in",
    /has the member tenantry_app/,
  ],
  ["a dropped look-up", "drop function pooled.tenants_of_email(text)", "schema pooled", /tenants_of_email.*missing/],
])("shared objects: %s is found, and the next run puts it right", async (_what, sql, object, told) => {
  await cell.tamper(sql);
  const { shared } = await cell.report();
  expect(shared[object]).toMatch(told);
  await cell.settle(lines);
  expect((await cell.report()).shared).toEqual({});
});

test("a schema that is made, and what schemas are compared with, are open to nobody to whom a migrator gave them before", async () => {
  const open = `select nspname::text as what from pg_namespace where nspacl::text ~ 'role_dover' and nspname <> 'tenant_dover'
    union select kind from tenantry.shapes where items::text ~ 'role_dover'`;
  await cell.as(
    "cells/eu-1/migrator",
    `alter default privileges grant usage on schemas to role_dover;
     alter default privileges grant select on tables to role_dover`,
  );
  await cell.tamper("create schema control authorization tenantry_owner");
  expect(await cell.tamper(open)).toEqual([{ what: "control" }]);
  await cell.tamper("drop schema control; delete from tenantry.shapes where kind <> 'control'");
  await cell.settle({ ...lines, elm: line("elm", "schema") });
  expect(await cell.tamper(open)).toEqual([]);
  await cell.settle({ ...lines, elm: line("elm", "schema", "offboarding") });
  await cell.settle(lines);
});

test.each<[string, string, RegExp, string]>([
  [
    "an extra column",
    "alter table tenant_birch.topics add column mine text",
    /topics.mine/,
    "alter table tenant_birch.topics drop column mine",
  ],
  ["a view", "create view tenant_birch.leak as select 1 as a", /leak/, "drop view tenant_birch.leak"],
  [
    "a member that the superuser granted",
    "create role mallory; grant role_birch to mallory",
    /has the member mallory/,
    "drop role mallory",
  ],
])("%s is named, not put right", async (_what, sql, told, undo) => {
  await cell.tamper(sql);
  expect(await driftOf("birch")).toMatch(told);
  const { failures, state } = await cell.up(lines);
  expect(failures).toEqual([{ subject: "birch", reason: expect.stringMatching(/undo it by hand \[TN-317\]$/) }]);
  expect(failures[0]?.reason).toMatch(told);
  expect(state.tenants.birch).toMatch(told);
  await cell.tamper(undo);
  await cell.settle(lines);
});

test("what cannot be undone does not keep a tenant from being suspended", async () => {
  await cell.tamper("create role mallory; grant role_birch to mallory");
  const { failures } = await cell.up({ ...lines, birch: line("birch", "schema", "suspended") });
  expect(failures).toHaveLength(1);
  const password = cell.store.value("tenants/birch/db", "password");
  await expect(cell.login("login_birch_a", password)).rejects.toThrow("not permitted to log in");
  await cell.tamper("drop role mallory");
  await cell.settle(lines);
});

test("a control schema that somebody opened is named", async () => {
  await cell.tamper("grant select on tenantry.keys to tenantry_app");
  expect((await cell.report()).shared["schema tenantry"]).toMatch(/keys.*tenantry_app/);
  const { failures } = await cell.up(lines);
  expect(failures).toEqual([{ subject: "cell", reason: expect.stringContaining("[TN-317]") }]);
  await cell.tamper("revoke select on tenantry.keys from tenantry_app");
  await cell.settle(lines);
});

test("a row that is gone is written again, and the tenant keeps its data and its password", async () => {
  await cell.as("tenants/birch/db", "insert into organizations (name, slug) values ('Birch', 'birch')");
  const password = cell.store.value("tenants/birch/db", "password");
  await cell.tamper("delete from tenantry.logins; delete from tenantry.tenants");
  expect((await cell.report()).tenants).toEqual({});
  await cell.settle(lines);
  expect(await driftOf("birch")).toBe("none");
  expect(await cell.as("tenants/birch/db", "select name from organizations")).toEqual([{ name: "Birch" }]);
  expect(cell.store.value("tenants/birch/db", "password")).toBe(password);
});

test("a role that was dropped and made again by somebody else is refused, not adopted", async () => {
  await cell.tamper("drop role login_birch_a; create role login_birch_a login password 'known' in role role_birch");
  expect(await driftOf("birch")).toMatch(/role login_birch_a is not the tenant's: its comment is missing/);
  const { failures } = await cell.up({ ...lines, birch: line("birch", "schema", "active", " connections=7") });
  expect(failures).toEqual([{ subject: "birch", reason: expect.stringContaining("[TN-308]") }]);
  await cell.tamper("drop role login_birch_a");
  await cell.settle(lines);
  expect(await cell.as("tenants/birch/db", "select name from organizations")).toEqual([{ name: "Birch" }]);
});

test("a missing schema is named and never made again empty", async () => {
  await cell.tamper("drop schema tenant_birch cascade");
  expect(await driftOf("birch")).toMatch(/schema tenant_birch is missing/);
  for (const birch of [lines.birch, line("birch", "schema", "active", " connections=7")]) {
    const { failures } = await cell.up({ ...lines, birch });
    expect(failures).toEqual([
      { subject: "birch", reason: expect.stringMatching(/tenant_birch is missing.*\[TN-309\]$/) },
    ]);
  }
  expect(await cell.tamper("select from pg_namespace where nspname = 'tenant_birch'")).toEqual([]);
  const { failures } = await cell.up({ ...lines, birch: line("birch", "schema", "offboarding") });
  expect(failures).toEqual([]); // the advice of the refusal works
});
