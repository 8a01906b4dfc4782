import fc from "fast-check";
import { parseRosterLine, parseTenantLine } from "../../registry/lines";
import { parseRegistry } from "../../registry/parse";
import { place } from "../../registry/place";
import { refusals } from "../../registry/transition";
import { runs } from "../runs";
import { PLANS, registryOf, sourcesOf, stackOf } from "./sources";

const cellOf = (cell: string, ...tenants: string[]) => {
  const found = place(registryOf(...tenants)).cells.find(({ name }) => name === cell);
  if (found === undefined) throw new Error(`no cell ${cell}`);
  return found;
};

test("a shared cell has its tenants' lines, and is there without any", () => {
  const { cells, regions } = place(
    registryOf("acme: { plan: growth, cell: eu-1, quotas: { topics: 7 }, workMem: 256MB }"),
  );
  expect(cells.map(({ name, kind }) => `${name} ${kind}`)).toEqual(["eu-1 shared", "own-1 shared", "us-1 shared"]);
  expect(cells[0]?.lines).toEqual({
    acme: expect.stringMatching(/^schema plan=growth status=active connections=25 workMem=256MB quotas.topics=7 id=/),
  });
  expect(cells[1]?.lines).toEqual({});
  expect(regions).toEqual(["eu-west-1", "us-east-1"]);
});

test("a dedicated tenant is a cell of one; its fences come down while it is offboarded", () => {
  const acme = "acme: { plan: enterprise, region: us-east-1, key: arn:aws:kms:us-east-1:111122223333:key/1 }";
  expect(cellOf("acme", acme)).toMatchObject({
    kind: "dedicated",
    region: "us-east-1",
    server: { instanceClass: "db.m7g.large", diskGb: 100 },
    backup: { retentionDays: 35 },
    key: "arn:aws:kms:us-east-1:111122223333:key/1",
    leaving: false,
    lines: {
      acme: expect.stringMatching(/^dedicated plan=enterprise status=active id=/),
    },
  });
  expect(cellOf("acme", acme.replace("plan:", "status: offboarding, plan:")).leaving).toBe(true);
});

test("a dedicated cell knows where its tenant's data may be, by the tenant's word or its plan's", () => {
  const acme = "acme: { plan: enterprise, region: eu-west-1, residency: [eu-west-1] }";
  expect(cellOf("acme", acme).residency).toEqual(["eu-west-1"]);
  const resident = PLANS.replace("tier: dedicated,", "tier: dedicated, residency: [eu-west-1, eu-north-1],");
  const birch = "birch: { plan: enterprise, region: eu-west-1 }";
  const { cells } = place(parseRegistry(sourcesOf(stackOf(acme, birch), resident)));
  expect(cells.filter(({ kind }) => kind === "dedicated").map(({ residency }) => residency)).toEqual([
    ["eu-west-1"],
    ["eu-west-1", "eu-north-1"],
  ]);
});

test("plans are told with what they imply", () => {
  expect(place(registryOf()).plans).toEqual({
    app: "schema workMem=64MB statementTimeout=30s idleInTransactionTimeout=60s transactionTimeout=3600s connections=10 tables=own",
    enterprise: "dedicated workMem=1024MB statementTimeout=120s idleInTransactionTimeout=60s transactionTimeout=3600s",
    free: "pooled workMem=32MB statementTimeout=10s idleInTransactionTimeout=60s transactionTimeout=3600s quotas.messagesPerMonth=1000000 quotas.topics=3",
    growth:
      "schema workMem=128MB statementTimeout=1500ms idleInTransactionTimeout=60s transactionTimeout=3600s connections=25 quotas.topics=500",
    pro: "pooled workMem=128MB statementTimeout=30s idleInTransactionTimeout=60s transactionTimeout=3600s quotas.topics=100",
  });
});

test("while a tenant moves, its source keeps its line and its target is prepared", () => {
  const moving = "acme: { plan: enterprise, region: us-east-1, from: { tier: schema, cell: eu-1 } }";
  expect(cellOf("acme", moving).lines.acme).toMatch(/^dedicated .* from=schema@eu-1 id=/);
  expect(cellOf("eu-1", moving).lines.acme).toMatch(/^schema plan=enterprise status=active connections=10 id=/);
  expect(place(registryOf(moving)).roster.acme).toMatch(
    /^dedicated from=schema@eu-1 id=\S+ cell=acme region=us-east-1$/,
  );
});

test("a tenant that leaves its own server keeps that server, where it is", () => {
  const moving =
    "acme: { plan: growth, cell: us-1, instanceClass: db.m7g.large, diskGb: 50, from: { tier: dedicated, region: eu-west-1 } }";
  expect(cellOf("acme", moving)).toMatchObject({ kind: "dedicated", region: "eu-west-1", leaving: false });
  expect(cellOf("acme", moving).lines.acme).toMatch(/^dedicated /);
  expect(cellOf("us-1", moving).lines.acme).toMatch(/^schema .* from=dedicated id=/);
});

test("a move within one cell has one line there", () => {
  const moving = "acme: { plan: growth, cell: eu-1, from: { tier: pooled, cell: eu-1 } }";
  expect(cellOf("eu-1", moving).lines.acme).toMatch(/^schema .* from=pooled@eu-1 id=/);
});

test("an estate split over stacks is the same estate", () => {
  const tenants = [
    "acme: { plan: enterprise, region: us-east-1 }",
    "birch: { plan: free, cell: eu-1 }",
    "cedar: { plan: free, cell: us-1 }",
  ];
  const registry = registryOf(...tenants);
  const whole = place(registry);
  const parts = [place(registry, { cells: ["acme", "eu-1"] }), place(registry, { cells: ["us-1", "own-1"] })];
  expect(parts.flatMap(({ cells }) => cells.map(({ name }) => name)).sort()).toEqual(
    whole.cells.map(({ name }) => name),
  );
  expect(Object.assign({}, ...parts.map(({ roster }) => roster))).toEqual(whole.roster);
  expect(parts[0]?.regions).toEqual(["eu-west-1", "us-east-1"]);
  expect(() => place(registry, { cells: ["eu-11"] })).toThrow(
    /eu-11 is no cell of this registry \(did you mean eu-1\?\).*TN-107/,
  );
});

test("the order of lines in the file is no difference", () => {
  const tenants = [
    "acme: { plan: enterprise, region: us-east-1 }",
    "birch: { plan: free, cell: eu-1 }",
    "cedar: { plan: free, cell: eu-1 }",
  ];
  expect(JSON.stringify(place(registryOf(...[...tenants].reverse())))).toBe(
    JSON.stringify(place(registryOf(...tenants))),
  );
});

test("every tenant has one home, every line is canonical, and an unchanged registry is never refused", () => {
  const line = fc.constantFrom(
    "{ plan: free, cell: eu-1 }",
    "{ plan: pro, cell: us-1, status: suspended }",
    "{ plan: growth, cell: eu-1, connections: 3 }",
    "{ plan: enterprise, region: eu-west-1 }",
    "{ plan: growth, cell: us-1, from: { tier: pooled, cell: eu-1 } }",
    "{ plan: enterprise, region: eu-west-1, from: { tier: pooled, cell: us-1 } }",
  );
  const tenants = fc.uniqueArray(fc.tuple(fc.stringMatching(/^[a-z]{3,6}$/), line), {
    maxLength: 12,
    selector: ([slug]) => slug,
  });
  fc.assert(
    fc.property(tenants, (entries) => {
      const estate = place(registryOf(...entries.map(([slug, text]) => `${slug}: ${text}`)));
      const lines = estate.cells.flatMap((cell) => Object.entries(cell.lines));
      for (const [slug] of entries) {
        const homes = lines.filter(([name, text]) => name === slug && parseTenantLine(text).from === undefined);
        expect(homes).toHaveLength(1);
        expect(parseRosterLine(estate.roster[slug] ?? "").id).toBe(parseTenantLine(homes[0]?.[1] ?? "").id);
      }
      expect(refusals(estate.roster, estate.roster)).toEqual([]);
    }),
    { numRuns: runs(60) },
  );
});
