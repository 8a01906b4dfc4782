/** What stands before any tenant does: a cell of one, versions, the address to dial. */
import { createServer, Socket } from "node:net";
import { withClient } from "../../database/connect";
import { dialAddress } from "../../database/dial";
import { assertVersion } from "../../database/floor";
import { line, startTestCell, type TestCell } from "./test-cell";

describe("on a server", () => {
  let cell: TestCell;
  beforeAll(async () => {
    cell = await startTestCell(18, "acme");
  });
  afterAll(() => cell.stop());

  test("a dedicated tenant is a cell of one: no pooled schema, no application login, no signing key", async () => {
    await cell.settle({ acme: line("acme", "dedicated") });
    expect(await cell.as("tenants/acme/db", "select current_schema() as name")).toEqual([{ name: "tenant_acme" }]);
    expect([...cell.store.secrets.keys()]).toEqual(["tenants/acme/db"]);
    expect(await cell.tamper("select from pg_namespace where nspname = 'pooled'")).toEqual([]);
    expect(
      await cell.tamper(
        "select rolname from pg_authid where rolname ~ '^tenantry_(app|pooler)' and rolpassword is not null",
      ),
    ).toEqual([]);
    expect((await cell.report()).tenants).toEqual({ acme: line("acme", "dedicated") });
  });

  test("another address can be dialled, and a server that does not answer is named", async () => {
    const tunnel = createServer((socket) => {
      const onward = new Socket();
      onward.connect(cell.connection.port, cell.connection.host);
      socket.pipe(onward).pipe(socket);
    });
    await new Promise<void>((resolve) => tunnel.listen(0, "127.0.0.1", resolve));
    const address = tunnel.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    const target = { connection: { ...cell.connection, port: 1 }, cell: "far-cell", purpose: "test" };
    const read = () => withClient(target, async (client) => (await client.query("select 1 as one")).rows);
    await expect(read()).rejects.toThrow(
      /cell far-cell: no session on 127.0.0.1:1, database app, user tenantry_admin: .*TN-301/,
    );
    process.env.TENANTRY_DIAL_FAR_CELL = `127.0.0.1:${address.port}`;
    try {
      expect(await read()).toEqual([{ one: 1 }]);
    } finally {
      delete process.env.TENANTRY_DIAL_FAR_CELL;
      tunnel.close();
    }
  });

  test("TLS may be off for this machine only", async () => {
    const target = { connection: { ...cell.connection, host: "db.example.com" }, cell: "acme", purpose: "test" };
    await expect(withClient(target, async () => "reached")).rejects.toThrow(
      /sslmode is disable for db.example.com.*TN-303/,
    );
  });
});

test("PostgreSQL 16 serves both shared tiers, and tells no drift", async () => {
  const cell = await startTestCell(16);
  try {
    const lines = {
      birch: line("birch", "schema"),
      cedar: line("cedar", "pooled"),
      own: line("own", "schema", "active", " tables=own"),
    };
    expect((await cell.settle(lines)).tenants).toEqual(lines);
    await cell.as("tenants/birch/db", "insert into organizations (name, slug) values ('Birch', 'birch')");
    expect(await cell.report()).toMatchObject({ tenants: lines, shared: {} });
  } finally {
    await cell.stop();
  }
});

test.each([
  ["127.0.0.1:15432", { host: "127.0.0.1", port: 15432 }],
  ["[::1]:15432", { host: "::1", port: 15432 }],
  ["bastion.internal:5", { host: "bastion.internal", port: 5 }],
  ["", undefined],
])("dialling %j", (text, address) => {
  expect(dialAddress("eu-1", { TENANTRY_DIAL_EU_1: text })).toEqual(address);
});

test.each(["bastion", "bastion:", ":5432", "bastion:70000", "a b:1", "::1:5432"])(
  "%j is no address to dial",
  (text) => {
    expect(() => dialAddress("eu-1", { TENANTRY_DIAL_EU_1: text })).toThrow(
      /TENANTRY_DIAL_EU_1=.* allowed is host:port.*TN-303/,
    );
  },
);

test("versions below the floor are refused, unless they are a local stack's", () => {
  for (const version of [160016, 170012, 180007, 180012]) assertVersion(version, false);
  for (const version of [160015, 170011, 180006, 150020, 190000]) {
    expect(() => assertVersion(version, false)).toThrow(/allowed are 16.16, 17.12, 18.7.*TN-302/);
  }
  assertVersion(170010, true);
  expect(() => assertVersion(150020, true)).toThrow("TN-302");
});
