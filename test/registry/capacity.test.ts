import { loadOf } from "../../registry/capacity";
import { inhabitants } from "../../registry/homes";
import { maxConnections, memoryMb } from "../../registry/instance-class";
import { pickCell } from "../../registry/pick-cell";
import { codesIn, findingsIn, registryOf } from "./sources";

/** A stack of one small cell (4 GiB) with `count` tenants. */
const stackWith = (count: number, tenant: string, cell = "") =>
  `cells:\n  eu-1: { region: eu-west-1, instanceClass: db.t4g.medium, diskGb: 20, pooledConnections: 10${cell} }\ntenants:\n` +
  Array.from({ length: count }, (_, i) => `  tenant-${i}: { ${tenant} }\n`).join("");

test("the size of a class follows from its name", () => {
  expect(["db.t4g.micro", "db.t4g.medium", "db.m7g.large", "db.r7g.xlarge", "db.r7g.16xlarge"].map(memoryMb)).toEqual([
    1024, 4096, 8192, 32_768, 524_288,
  ]);
  expect(maxConnections("db.t4g.medium")).toBe(405);
  expect(maxConnections("db.r7g.16xlarge")).toBe(5000);
});

test("pooled tenants count once, schema tenants each by what they may open, divided by the overcommit", () => {
  const registry = registryOf(
    ...Array.from({ length: 30 }, (_, i) => `pooled-${i}: { plan: free, cell: eu-1 }`),
    ...Array.from({ length: 8 }, (_, i) => `schema-${i}: { plan: growth, cell: eu-1 }`),
    "gone: { plan: growth, cell: eu-1, status: offboarding }",
  );
  const cell = registry.cells.get("eu-1");
  if (cell === undefined) throw new Error("no cell eu-1");
  const load = loadOf(cell, inhabitants(registry).get("eu-1") ?? []);
  expect(load.connections.used).toBe(100 + (8 * 25) / 4);
  expect(load.memoryMb).toEqual({ used: (100 * 32 + 8 * 25 * 128) / 4, of: 32_768 });
});

test("a cell that fills up is a warning, a full one an error", () => {
  const growth = "plan: growth, cell: eu-1";
  expect(codesIn(stackWith(1, growth))).toEqual([]);
  expect(findingsIn(stackWith(2, `${growth}, connections: 26`))).toEqual([
    expect.stringMatching(
      /^dev.yaml:2:3 cells.eu-1: warning: .* 1664 of 2048 MB for queries \(81 %\): the cell fills up/,
    ),
  ]);
  expect(findingsIn(stackWith(3, growth))).toEqual([
    expect.stringMatching(/2400 of 2048 MB for queries \(117 %\): the cell is full; .*larger instanceClass/),
  ]);
  expect(codesIn(stackWith(3, growth, ", overcommit: 8"))).toEqual([]);
});

describe("a tenant's own server", () => {
  const own = (words: string) => stackWith(1, `plan: enterprise, region: eu-west-1, ${words}`);
  const small = "workMem: 256MB, instanceClass: db.t4g.medium"; // 4 GiB

  test("has memory for the queries of all its connections, with the usual overcommit", () => {
    expect(codesIn(own(`${small}, connections: 25`))).toEqual([]);
    expect(findingsIn(own(`${small}, connections: 26`))).toEqual([
      expect.stringMatching(
        /^dev.yaml:4:3 tenants.tenant-0: warning: .* 1664 of 2048 MB for queries \(81 %\).*fills up/,
      ),
    ]);
    expect(findingsIn(own(`${small}, connections: 32`))).toEqual([
      expect.stringMatching(/2048 of 2048 MB .*: its db.t4g.medium is full; .*larger instanceClass, fewer connections/),
    ]);
  });

  test("has the connections that were promised", () => {
    expect(findingsIn(own("workMem: 1MB, instanceClass: db.t4g.medium, connections: 390"))).toEqual([
      expect.stringMatching(/390 of 385 connections \(101 %\)/),
    ]);
  });

  test("is no matter once the tenant is leaving, or was promised no number of connections", () => {
    expect(codesIn(own(`${small}, connections: 100, status: offboarding`))).toEqual([]);
    expect(codesIn(own(small))).toEqual([]);
  });
});

test("a region has as many servers as the account allows", () => {
  const dedicated = "plan: enterprise, region: eu-west-1";
  expect(codesIn(stackWith(30, dedicated))).toEqual([]);
  expect(findingsIn(stackWith(31, dedicated))).toEqual([
    expect.stringMatching(/^dev.yaml:1:1: warning: 32 servers in eu-west-1/),
  ]);
  expect(findingsIn(stackWith(39, dedicated))).toEqual([expect.stringContaining("warning: 40 servers")]);
  expect(findingsIn(stackWith(40, dedicated))).toEqual([
    expect.stringMatching(/^dev.yaml:1:1: 41 servers in eu-west-1; AWS allows 40/),
  ]);
  expect(findingsIn(stackWith(30, dedicated, ", replicas: 5"))).toEqual([
    expect.stringContaining("warning: 36 servers in eu-west-1"),
  ]);
  expect(codesIn(`serversPerRegion: 100\n${stackWith(40, dedicated)}`)).toEqual([]);
});

test("the least loaded cell that fits is picked, and the reason told", () => {
  const registry = registryOf("acme: { plan: growth, cell: eu-1 }", "birch: { plan: free, cell: us-1, workMem: 1MB }");
  const plan = (name: string) => {
    const found = registry.plans.get(name);
    if (found === undefined) throw new Error(`no plan ${name}`);
    return found;
  };
  expect(pickCell(registry, plan("growth"), "schema").cell).toBe("us-1");
  expect(pickCell(registry, plan("free"), "pooled")).toEqual({
    cell: "eu-1",
    why: expect.stringMatching(/^the least loaded of 2 cells; with it: .* connections .* 2 tenants$/),
  });
  expect(pickCell(registry, plan("growth"), "schema", "eu-west-1").cell).toBe("eu-1");
  expect(pickCell(registry, plan("app"), "schema").cell).toBe("own-1");
  const retiring = registryOf().cells.get("us-1");
  if (retiring === undefined) throw new Error("no cell us-1");
  const cells = new Map([...registry.cells, ["us-1", { ...retiring, status: "retiring" as const }]]);
  expect(pickCell({ ...registry, cells }, plan("growth"), "schema").cell).toBe("eu-1");
  expect(pickCell(registry, { ...plan("free"), residency: ["us-east-1"] }, "pooled").cell).toBe("us-1");
  expect(() => pickCell(registry, plan("free"), "pooled", "ap-south-1")).toThrow(
    /eu-1 is in eu-west-1, us-1 is in us-east-1.*TN-121/,
  );
});
