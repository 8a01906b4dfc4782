import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadSqlDigests } from "../../components/sql-digests";
import { loadTableFiles } from "../../database/table-files";
import { ROOT } from "../program/stack-files";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "tenantry-sql-"));
  for (const folder of ["cell", "tenant"]) mkdirSync(join(dir, folder));
});
afterEach(() => rmSync(dir, { recursive: true }));

const write = (file: string, text: string) => writeFileSync(join(dir, file), text);

test("every SQL file has a digest, and nothing else has", () => {
  write("cell/0001_control.sql", "select 1;\n");
  write("tenant/0001_accounts.sql", "select 2;\n");
  write("tenant/README.md", "not SQL");
  expect(loadSqlDigests(dir)).toEqual({
    "cell/0001_control.sql": "4a45092ccf99",
    "tenant/0001_accounts.sql": expect.stringMatching(/^[0-9a-f]{12}$/),
  });
});

test("a changed file has another digest, and the others keep theirs", () => {
  write("tenant/0001_accounts.sql", "select 1;\n");
  write("tenant/0002_topics.sql", "select 2;\n");
  const before = loadSqlDigests(dir);
  write("tenant/0002_topics.sql", "select 2;");
  const after = loadSqlDigests(dir);
  expect(after["tenant/0001_accounts.sql"]).toBe(before["tenant/0001_accounts.sql"]);
  expect(after["tenant/0002_topics.sql"]).not.toBe(before["tenant/0002_topics.sql"]);
});

test("the digests are those that the cells' ledgers keep", () => {
  const digests = Object.entries(loadSqlDigests(join(ROOT, "sql"))).filter(([file]) => file.startsWith("tenant/"));
  const ledger = loadTableFiles(join(ROOT, "sql/tenant")).map(({ name, digest }) => [`tenant/${name}`, digest]);
  expect(digests).toEqual(ledger);
});
