/** How many statements a run takes, whatever the number of tenants. */
import { readFileSync } from "node:fs";
import { line, startTestCell, type TestCell } from "./test-cell";

let cell: TestCell;
const pooled = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`p${i}`, line(`p${i}`, "pooled")]));
const schemas = Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`s${i}`, line(`s${i}`, "schema")]));
const lines = { ...pooled, ...schemas };

beforeAll(async () => {
  cell = await startTestCell();
  await cell.tamper("alter system set log_statement = 'all'");
  await cell.tamper("alter system set log_line_prefix = '%a|%u|'");
  await cell.tamper("select pg_reload_conf()");
  await cell.settle(lines);
});
afterAll(() => cell.stop());

/** The texts that a run sends: one line of the log each, as it begins. */
async function statementsOf(run: () => Promise<unknown>): Promise<string[]> {
  const [row] = await cell.tamper("select current_setting('data_directory') as dir");
  const read = () => readFileSync(`${row?.dir}.log`, "utf8");
  const start = read().length;
  await run();
  return read()
    .slice(start)
    .split("\n")
    .filter((text) => /^tenantry reconcile.*\|LOG: {2}(statement|execute)/.test(text));
}

test("a run with nothing to do takes at most 8 queries", async () => {
  expect((await statementsOf(() => cell.settle(lines))).length).toBeLessThanOrEqual(8);
});

test.each([
  ["a pooled tenant's status", { ...lines, p77: line("p77", "pooled", "suspended") }],
  [
    "a schema tenant's limit",
    { ...lines, p77: line("p77", "pooled", "suspended"), s3: line("s3", "schema", "active", " connections=9") },
  ],
  [
    "a new schema tenant",
    {
      ...lines,
      p77: line("p77", "pooled", "suspended"),
      s3: line("s3", "schema", "active", " connections=9"),
      one: line("one", "schema"),
    },
  ],
])(
  "one tenant's edit among 10,000 takes at most 25 statements, and names no other tenant: %s",
  async (_what, edited) => {
    const statements = await statementsOf(() => cell.settle(edited));
    expect(statements.length).toBeLessThanOrEqual(25);
    expect(statements.join("\n")).not.toMatch(/\b(p78|s4)\b/);
  },
);
