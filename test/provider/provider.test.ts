/** The provider as both engines call it, on a real cell. */
import { CELL_TENANTS, CellTenants } from "../../provider/cell-tenants";
import { PartialFailure } from "../../provider/partial-failure";
import { TenantryProvider } from "../../provider/provider";
import { ROSTER, Roster } from "../../provider/roster";
import { open, type Props, UNKNOWN } from "../../provider/wire";
import { defaultId } from "../../registry/names";
import { line, PLANS, startTestCell, type TestCell } from "../database/test-cell";

const urn = (type: string) => `urn:pulumi:dev::tenantry::tenantry:components:Cell$${type}::eu-1-tenants`;
const CELL = urn(CELL_TENANTS);
const secret = (value: unknown) => ({ "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", value });
const SQL = { "tenant/0001_accounts.sql": "0123456789ab" };

describe("without a database", () => {
  const provider = new TenantryProvider();
  const lines = { birch: line("birch", "schema"), cedar: line("cedar", "pooled") };
  const connection = { host: "db.example.com", port: 5432, database: "app", username: "admin", sslmode: "verify-full" };
  const inputs = {
    cell: "eu-1",
    connection: { ...connection, password: secret("s3cret") },
    vault: { address: "https://vault.example.com", mount: "secret" },
    tenants: lines,
    plans: PLANS,
    sql: SQL,
  };
  const olds = { ...inputs, directory: [], shared: {} };
  const differs = async (news: Props, from: Props = olds) => (await provider.diff("eu-1", CELL, from, news)).changes;

  test("diff compares texts and never connects; credentials do not count", async () => {
    expect(await differs(inputs)).toBe(false);
    expect(
      await differs({ ...inputs, connection: { ...inputs.connection, password: secret("other"), username: "x" } }),
    ).toBe(false);
    expect(await differs({ ...inputs, connection: secret({ ...connection, password: "p" }) })).toBe(false);
    expect(await differs({ ...inputs, tenants: { ...lines, cedar: line("cedar", "pooled", "suspended") } })).toBe(true);
    expect(await differs({ ...inputs, tenants: { birch: lines.birch } })).toBe(true);
    expect(await differs({ ...inputs, plans: {} })).toBe(true);
    expect(await differs({ ...inputs, sql: { ...SQL, "tenant/0002_tags.sql": "ba9876543210" } })).toBe(true);
    expect(await differs({ ...inputs, connection: { ...inputs.connection, host: "other.example.com" } })).toBe(true);
    expect(await differs({ ...inputs, connection: { ...inputs.connection, host: UNKNOWN } })).toBe(true);
  });

  test("what a refresh found is a change", async () => {
    const drifted = { ...olds, tenants: { ...lines, birch: `${lines.birch} drift: topics: insert missing` } };
    expect(await differs(inputs, drifted)).toBe(true);
    expect(await differs(inputs, { ...olds, shared: { "schema pooled": "topics: policy" } })).toBe(true);
  });

  test.each([
    ["a line that vanishes", { cedar: lines.cedar }, "tenants.birch", /status: offboarding/],
    [
      "a changed tier",
      { ...lines, birch: line("birch", "pooled") },
      "tenants.birch",
      /tier changed from schema to pooled/,
    ],
    [
      "a changed id",
      { ...lines, birch: line("birch", "schema").replace(/id=.*/, "id=other") },
      "tenants.birch",
      /id changed/,
    ],
  ])("check refuses %s at preview, in cell and roster", async (_what, tenants, property, reason) => {
    for (const type of [CELL_TENANTS, ROSTER]) {
      const { failures } = await provider.check(urn(type), inputs, { ...inputs, tenants });
      expect(failures).toEqual([{ property, reason: expect.stringMatching(reason) }]);
    }
  });

  test("check accepts a first preview with unknowns, and gives the inputs as they came", async () => {
    const news = { ...inputs, connection: { ...inputs.connection, host: UNKNOWN, port: UNKNOWN } };
    expect(await provider.check(CELL, {}, news)).toEqual({ inputs: news, failures: [] });
    const moved = await provider.check(CELL, inputs, { ...inputs, cell: "eu-2" });
    expect(moved.failures).toEqual([{ property: "cell", reason: expect.stringContaining("a cell keeps its name") }]);
  });

  test("the roster has no effects", async () => {
    const roster = { tenants: { birch: `${lines.birch} cell=eu-1 region=eu-west-1` } };
    const { id, outs } = await provider.create(urn(ROSTER), roster);
    expect(outs).toEqual(roster);
    expect((await provider.diff(id, urn(ROSTER), outs, roster)).changes).toBe(false);
    expect((await provider.diff(id, urn(ROSTER), outs, { tenants: {} })).changes).toBe(true);
    const moved = { tenants: { birch: `${lines.birch} cell=us-1 region=us-east-1` } };
    const { failures } = await provider.check(urn(ROSTER), outs, moved);
    expect(failures).toEqual([{ property: "tenants.birch", reason: expect.stringContaining("from:") }]);
  });

  test("the roster lets a cell go to another stack, and nothing else with it", async () => {
    const lineIn = (cell: string) => `schema id=${defaultId(cell)} cell=${cell} region=eu-west-1`;
    const servers = { "eu-1": "shared class=db.m7g.large region=eu-west-1" };
    const before = { tenants: { birch: lineIn("eu-1"), elm: lineIn("eu-2") }, servers };
    const refused = async (elsewhere: Props) => {
      const { failures } = await provider.check(urn(ROSTER), before, { tenants: {}, servers: {}, ...elsewhere });
      return failures.map(({ property }) => property);
    };
    expect(await refused({})).toEqual(["tenants.birch", "tenants.elm", "servers.eu-1"]);
    expect(await refused({ elsewhere: ["eu-1"] })).toEqual(["tenants.elm"]);
  });

  test("the roster refuses at preview what would restart a server, or make it anew", async () => {
    const server = (words: string) => ({ tenants: {}, servers: { "eu-1": `shared ${words} region=eu-west-1` } });
    const before = server("class=db.m7g.large");
    const refused = async (olds: Props, news: Props) => (await provider.check(urn(ROSTER), olds, news)).failures;
    const restart = [{ property: "servers.eu-1", reason: expect.stringContaining("allow: { reboot: true }") }];
    expect(await refused(before, server("class=db.m7g.xlarge"))).toEqual(restart);
    expect(await refused(before, server("class=db.m7g.xlarge allow=reboot"))).toEqual([]);
    expect(await refused(before, { tenants: {}, servers: {} })).toHaveLength(1);
    expect((await provider.diff("roster", urn(ROSTER), before, server("class=db.m7g.xlarge"))).changes).toBe(true);
    expect((await provider.diff("roster", urn(ROSTER), before, before)).changes).toBe(false);
  });

  test("a roster of a program without servers is taken as it is", async () => {
    const news = { tenants: {}, servers: { "eu-1": "shared class=db.m7g.large" } };
    expect((await provider.check(urn(ROSTER), { tenants: {} }, news)).failures).toEqual([]);
    expect((await provider.diff("roster", urn(ROSTER), { tenants: {} }, news)).changes).toBe(true);
  });

  test.each([
    ["no host", { ...inputs, connection: { ...inputs.connection, host: "" } }, "host is nothing"],
    ["an unknown port", { ...inputs, connection: { ...inputs.connection, port: UNKNOWN } }, "port is of type string"],
    ["lines that are no text", { ...inputs, tenants: { birch: 1 } }, "tenants.birch is of type number"],
    ["no connection", { ...inputs, connection: undefined }, "connection is missing"],
  ])("inputs with %s are refused before anything is done, and show no secret", async (_what, broken, text) => {
    const error = await provider.create(CELL, broken).catch((thrown: Error) => thrown);
    expect(error).toMatchObject({ message: expect.stringMatching(new RegExp(`^${text}.*TN-201`)) });
    expect(String(error)).not.toContain("s3cret");
  });

  test("an unknown type or function is told with those that there are", async () => {
    await expect(provider.create(urn("tenantry:index:Nothing"), {})).rejects.toThrow(
      /no type tenantry:index:Nothing; it has .*Roster/,
    );
    await expect(provider.invoke("tenantry:index:f")).rejects.toThrow("no function tenantry:index:f");
  });

  test("secrets and unknowns are opened at any depth", () => {
    const output = { "4dabf18193072939515e22adb298388d": "d0e6a833031e9bbcd3f4e8bde6ca49a4" };
    expect(open({ a: [secret({ b: secret("c") })], d: { ...output, value: "e", secret: true }, f: output })).toEqual({
      a: [{ b: "c" }],
      d: "e",
      f: UNKNOWN,
    });
  });
});

describe("with a cell", () => {
  let cell: TestCell;
  let provider: TenantryProvider;
  let inputs: Props;
  const lines = { birch: line("birch", "schema"), cedar: line("cedar", "pooled") };
  beforeAll(async () => {
    cell = await startTestCell();
    provider = new TenantryProvider({ [CELL_TENANTS]: new CellTenants(() => cell.store), [ROSTER]: new Roster() });
    const { password, ...connection } = cell.connection;
    inputs = {
      cell: "eu-1",
      connection: { ...connection, password: secret(password) },
      vault: { address: "http://127.0.0.1:8200", mount: "secret" },
      tenants: lines,
      plans: PLANS,
      sql: SQL,
    };
  });
  afterAll(() => cell.stop());

  test("create, read, update: outputs are the inputs with live lines and the directory, secrets still wrapped", async () => {
    const { id, outs } = await provider.create(CELL, inputs);
    expect(id).toBe("eu-1");
    expect(outs).toEqual({ ...inputs, directory: [expect.anything(), expect.anything()], shared: {} });
    expect((await provider.diff(id, CELL, outs, inputs)).changes).toBe(false);

    await cell.tamper("revoke insert on tenant_birch.topics from role_birch");
    const read = await provider.read(id, CELL, outs);
    expect(Object.keys(read)).toEqual(["id", "props"]); // never `inputs`
    expect(read.props).toMatchObject({ connection: inputs.connection, tenants: { cedar: lines.cedar } });
    expect(JSON.stringify(read.props.tenants)).toMatch(/birch":"schema .* drift: .*topics/);
    expect((await provider.diff(id, CELL, read.props, inputs)).changes).toBe(true);
    const updated = await provider.update(id, CELL, read.props, inputs);
    expect(updated.outs).toEqual(outs);
    expect(JSON.stringify(updated)).not.toContain(cell.store.value("tenants/birch/db", "password"));
  });

  test("a partial failure carries what was done, and the next run goes on", async () => {
    const tenants = { ...lines, elm: line("elm", "schema"), fir: line("fir", "schema") };
    await cell.tamper("create role role_elm");
    const error = await provider
      .update("eu-1", CELL, inputs, { ...inputs, tenants })
      .catch((thrown: unknown) => thrown);
    if (!(error instanceof PartialFailure)) throw error;
    expect(error.message).toBe("cell eu-1: 1 part failed, the rest is done [TN-203]");
    expect(error.id).toBe("eu-1");
    expect(error.reasons).toEqual([expect.stringMatching(/^elm: role role_elm is not the tenant's.*TN-308/)]);
    const { elm: _, ...done } = tenants;
    expect(error.properties).toMatchObject({ connection: inputs.connection, tenants: done });
    expect((await provider.diff("eu-1", CELL, error.properties, { ...inputs, tenants })).changes).toBe(true);
    await cell.tamper("drop role role_elm");
    const { outs } = await provider.update("eu-1", CELL, error.properties, { ...inputs, tenants });
    expect(outs.tenants).toEqual(tenants);
  });

  test("with the cell go its secrets, and not those that are another cell's by now", async () => {
    const { store } = cell;
    const tenants = { birch: line("birch", "schema"), elm: line("elm", "schema"), fir: line("fir", "schema") };
    const moved = store.secrets.get("tenants/elm/db");
    await store.write("tenants/elm/db", { ...moved?.data, host: "elm.example.com" }, moved?.version ?? 0);
    const kept = { ...store.secrets.get("cells/eu-1/app")?.data, host: "other.example.com" };
    await store.write("cells/eu-2/app", kept, 0);
    await withActive(async () => {
      await provider.delete("eu-1", CELL, { ...inputs, cell: "eu-2", tenants: {} });
      expect(store.secrets.has("cells/eu-1/context")).toBe(true);
      await provider.delete("eu-1", CELL, { ...inputs, tenants });
      await provider.delete("eu-1", CELL, { ...inputs, tenants });
    });
    expect([...store.secrets.keys()]).toEqual(["tenants/elm/db", "cells/eu-2/app"]);
  });

  test("delete asks the database, and refuses while a tenant is active", async () => {
    const emptied = { ...inputs, tenants: {} };
    await expect(provider.delete("eu-1", CELL, emptied)).rejects.toThrow(
      /still has 4 active.*TENANTRY_DELETE_ACTIVE=yes \[TN-202\]/,
    );
    await withActive(() => provider.delete("eu-1", CELL, emptied));
    await cell.tamper("update tenantry.tenants set status = 'offboarding'");
    await provider.delete("eu-1", CELL, emptied);
  });
});

/** With the word that gives active tenants up. */
async function withActive(run: () => Promise<void>): Promise<void> {
  process.env.TENANTRY_DELETE_ACTIVE = "yes";
  try {
    await run();
  } finally {
    delete process.env.TENANTRY_DELETE_ACTIVE;
  }
}
