/** Lints of table files: what a bad file does is found before any tenant has it, with the place where it stands. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { renderFinding } from "../../cli/lint";
import { causesOf, lintTables, placeOf } from "../../cli/lint-tables";
import { loadLints } from "../../database/lints";
import { renderLintsTable, withLints } from "../../database/lints-table";
import { nextTableFile, SQL_DIR } from "../database/test-cell";

/** Lints the shipped files with one more. */
async function lintWith(sql: string) {
  const dir = mkdtempSync(join(tmpdir(), "tenantry-lint-"));
  try {
    cpSync(SQL_DIR, dir, { recursive: true });
    const name = nextTableFile(dir, "tags");
    writeFileSync(join(dir, "tenant", name), sql);
    return { name, linted: await lintTables("dev", dir) };
  } finally {
    rmSync(dir, { recursive: true });
  }
}

test("what is wrong with a table file is told once, with its file and line", async () => {
  const { name, linted } = await lintWith(`-- Labels.
create table tags (
  tenant_id uuid,
  number    bigint not null generated always as identity
);
create view tag_numbers as select number from tags;
`);
  expect(linted.failures).toEqual([]);
  expect(linted.findings.map(({ lint, severity, object, place }) => [lint, severity, object, place])).toEqual([
    ["shared_sequence", "warning", "pooled.tags.number", `sql/tenant/${name}:4`],
    ["tenant_id_nullable", "error", "pooled.tags.tenant_id", `sql/tenant/${name}:2`],
    ["view_without_invoker", "error", "pooled.tag_numbers", `sql/tenant/${name}:6`],
  ]);
});

test("of a file that is refused, the reason alone is told", () => {
  const cell = { subject: "cell", reason: "sql/tenant/0006_tags.sql:1 fails" };
  const tenant = { subject: "two", reason: "its tables cannot be made" };
  expect(causesOf([cell, tenant])).toEqual([cell.reason]);
  expect(causesOf([tenant])).toEqual([tenant.reason]);
});

test("the last word of an object that a file names is its place", () => {
  const files = [
    { name: "0001_a.sql", sql: "-- topics\ncreate table topics (name text);", digest: "" },
    { name: "0002_b.sql", sql: "create index topics_name on topics (name);", digest: "" },
  ];
  expect(placeOf("pooled.topics index topics_name", files)).toEqual({ place: "sql/tenant/0002_b.sql:1" });
  expect(placeOf("tenant_two.topics.tenant_id", files)).toEqual({ place: "sql/tenant/0001_a.sql:2" });
  expect(placeOf("pooled.topics.name", files)).toEqual({ place: "sql/tenant/0001_a.sql:2" });
  expect(placeOf("role login_x_a", files)).toEqual({});
});

test("a name cannot make the terminal forget what was found", () => {
  const object = 'pooled."\u001b[2J\u202enothing found"';
  expect(renderFinding({ object, detail: "row security is\noff" })).toBe(
    'pooled."\\u{1b}[2J\\u{202e}nothing found": row security is\\noff',
  );
});

describe("the files of the lints", () => {
  test("are what docs/lints.md lists", () => {
    const page = readFileSync(join(__dirname, "../../docs/lints.md"), "utf8");
    expect(withLints(page, renderLintsTable(loadLints(join(SQL_DIR, "lint"))))).toBe(page);
  });

  test.each([
    ["no severity", "--! holds: a\n--! fix: b\nselect 1"],
    ["a severity that is none", "--! severity: info\n--! holds: a\n--! fix: b\nselect 1"],
    ["no fix", "--! severity: error\n--! holds: a\nselect 1"],
  ])("are refused with %s", (_, text) => {
    const dir = mkdtempSync(join(tmpdir(), "tenantry-lint-"));
    writeFileSync(join(dir, "odd.sql"), text);
    expect(() => loadLints(dir)).toThrow(/sql\/lint\/odd.sql .*TN-334/);
    rmSync(dir, { recursive: true });
  });
});
