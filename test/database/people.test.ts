/** A person's own login, as docs/servers.md makes it: it stays, it sees how the server does, and it sees no tenant's data. */
import { withClient } from "../../database/connect";
import { line, startTestCell, type TestCell } from "./test-cell";

const LOGIN = [
  "create role ada login connection limit 3 password 'ada'", // on RDS: rds_iam instead of the password
  "alter role ada set default_transaction_read_only = on",
  "grant pg_monitor to ada",
  "grant connect on database app to ada",
];
const lines = { birch: line("birch", "schema"), cedar: line("cedar", "pooled") };

let cell: TestCell;
beforeAll(async () => {
  cell = await startTestCell();
  await cell.settle(lines);
  await asAdmin(...LOGIN);
});
afterAll(() => cell.stop());

const asAdmin = (...statements: readonly string[]) =>
  withClient({ connection: cell.connection, cell: "eu-1", purpose: "test" }, async (client) => {
    for (const statement of statements) await client.query(statement);
  });

async function asAda(sql: string) {
  const client = await cell.login("ada", "ada");
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

test("the admin can make it, and neither refresh nor up minds it", async () => {
  const before = await cell.report();
  expect([before.tenants, before.shared]).toEqual([lines, {}]);
  await cell.settle(lines);
  expect(await asAda("select current_user as me")).toEqual([{ me: "ada" }]);
});

test("it sees what others do, but no row of a tenant", async () => {
  expect(
    await asAda("select count(*) > 0 as some from pg_stat_activity where usename = 'tenantry_admin'"),
  ).toHaveLength(1);
  for (const table of ["tenant_birch.topics", "pooled.topics", "tenantry.context_keys"]) {
    await expect(asAda(`select * from ${table}`)).rejects.toMatchObject({ code: "42501" });
  }
});

test("a tenant's role in its hands is told until somebody takes it away", async () => {
  await cell.tamper("grant role_birch to ada with inherit true");
  expect(await asAda("select count(*)::int from tenant_birch.topics")).toEqual([{ count: 0 }]);
  expect((await cell.report()).tenants.birch).toMatch(/drift: role_birch: has the member ada/);
  await cell.tamper("revoke role_birch from ada");
  expect((await cell.report()).tenants.birch).toBe(lines.birch);
});
