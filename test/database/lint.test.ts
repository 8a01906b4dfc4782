/** Each lint finds what it is for, and a cell as `up` makes it has nothing to find. */
import { join } from "node:path";
import type { Client } from "pg";
import { type LintFinding, type LintGiven, lintCell, runLints } from "../../database/lint";
import { loadLints } from "../../database/lints";
import { LINT_CONTROLS } from "./lint-controls";
import { line, SQL_DIR, startTestCell, type TestCell } from "./test-cell";

const LINTS = loadLints(join(SQL_DIR, "lint"));
const GIVEN: LintGiven = { extensions: [], floors: undefined };

const LINES = {
  acme: line("acme", "dedicated"),
  birch: line("birch", "schema"),
  cedar: line("cedar", "pooled"),
  elm: line("elm", "schema", "suspended"),
  fir: line("fir", "pooled", "suspended"),
  oak: line("oak", "schema", "active", " tables=own"),
};

/** A cell with a tenant of every kind, one that has left among them. */
async function startMixedCell(): Promise<TestCell> {
  const cell = await startTestCell();
  await cell.settle({ ...LINES, gone: line("gone", "schema") });
  await cell.settle({ ...LINES, gone: line("gone", "schema", "offboarding") });
  await cell.settle(LINES);
  return cell;
}

const lint = ({ connection }: TestCell) => lintCell({ connection, cell: "eu-1", extensions: [] }, LINTS);

let cell: TestCell;
let superuser: Client;
beforeAll(async () => {
  cell = await startMixedCell();
  superuser = await cell.login(cell.server.superuser.user, cell.server.superuser.password);
  await superuser.query("set search_path = pg_catalog");
});
afterAll(async () => {
  await superuser?.end();
  await cell?.stop();
});

/** What the admin finds once the superuser has done this. */
async function findingsAfter(sql: string, given = GIVEN): Promise<readonly LintFinding[]> {
  await superuser.query("begin");
  try {
    await superuser.query(
      `${sql}; reset role; set local session authorization tenantry_admin; set local row_security = off`,
    );
    return await runLints(superuser, LINTS, given);
  } finally {
    await superuser.query("rollback");
  }
}

test("a cell as `up` makes it has nothing to find", async () => {
  expect(await lint(cell)).toEqual([]);
});

test.each(Object.entries(LINT_CONTROLS).flatMap(([name, controls]) => controls.map((each) => ({ name, ...each }))))(
  "$name finds $says",
  async ({ name, sql, says }) => {
    const findings = await findingsAfter(sql);
    expect([...new Set(findings.map((each) => each.lint))]).toEqual([name]);
    expect(findings.map(({ object, detail }) => `${object} ${detail}`).join("\n")).toContain(says);
  },
);

test("what an application makes in a schema of its own is its own", async () => {
  const findings = await findingsAfter(`set local role role_oak; set local search_path = tenant_oak;
    create unlogged table things (id serial primary key, name text unique); grant select on things to public;
    create materialized view copied as select * from things; create view seen as select * from things;
    create rule nothing as on delete to things do instead nothing;
    create function f() returns int language sql security definer as 'select 1'`);
  expect(findings).toEqual([]);
});

test("a role that is missing, as in a cell of before it, hides nothing", async () => {
  const findings =
    await findingsAfter(`alter role tenantry_sign_in rename to another; alter role role_gone rename to yet_another;
    create function pooled.f() returns int language sql security definer as 'select 1'; alter function pooled.f() owner to tenantry_owner;
    grant select on tenant_gone.users to role_elm`);
  const found = findings.map(({ lint: name, object }) => `${name} ${object}`);
  expect(found).toEqual(expect.arrayContaining(["definer_function pooled.f()", "foreign_grant tenant_gone.users"]));
});

test("an extension that the registry names is allowed", async () => {
  expect(await findingsAfter("create extension pg_trgm", { ...GIVEN, extensions: ["pg_trgm"] })).toEqual([]);
});

test.each([
  ["below the floor of its major version", { 17: 99 }, ["engine_below_floor"]],
  ["of a major version without one", { 16: 1 }, ["engine_below_floor"]],
  ["at it", { 17: 1 }, []],
])("a server %s", async (_, floors, lints) => {
  const findings = await findingsAfter("select", { ...GIVEN, floors });
  expect(findings.map((each) => each.lint)).toEqual(lints);
});

test("every lint has a control", () => {
  expect([...Object.keys(LINT_CONTROLS), "engine_below_floor"].sort()).toEqual(LINTS.map(({ name }) => name));
});
