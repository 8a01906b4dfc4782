import fc from "fast-check";
import { stringify } from "yaml";
import { RegistryErrors } from "../../registry/errors";
import { checkRegistry, parseRegistry } from "../../registry/parse";
import { place } from "../../registry/place";
import { runs } from "../runs";
import { CELLS, codesIn, findingsIn, PLANS, registryOf, sourcesOf, stackOf } from "./sources";

test("all errors come at once, in the order of the file, each with its place", () => {
  const stack = stackOf(
    "acme: { plan: enterprize, regon: eu-west-1 }",
    "B: { plan: free, cell: eu-9 }",
    "cedar: { plan: free, cell: eu-1, quotas: { topcs: 3, topics: 1_00 } }",
    "dover: 3",
    "elm: { cell: eu-1 }",
  );
  expect(findingsIn(stack)).toEqual([
    'dev.yaml:6:17 tenants.acme.plan: "enterprize" is no plan (did you mean enterprise?); there are free, pro, growth, app, enterprise; write one of these, or add it [TN-108]',
    expect.stringMatching(
      /^dev.yaml:6:29 tenants.acme.regon: "regon" is no key here \(did you mean region\?\); known are plan, cell, .* \[TN-103\]$/,
    ),
    expect.stringMatching(
      /^dev.yaml:7:3 tenants.B: "B" is no name here; a tenant's slug has 2 to 40 letters .* \[TN-106\]$/,
    ),
    expect.stringMatching(/^dev.yaml:7:26 tenants.B.cell: "eu-9" is no cell \(did you mean eu-1\?\)/),
    expect.stringMatching(
      /^dev.yaml:8:46 tenants.cedar.quotas.topcs: "topcs" is no quota \(did you mean topics\?\); declared are topics, messagesPerMonth/,
    ),
    expect.stringMatching(/^dev.yaml:8:64 tenants.cedar.quotas.topics: got "1_00"; a whole number, 0 or more/),
    expect.stringMatching(/^dev.yaml:9:10 tenants.dover: got 3; a tenant is a mapping of plan, /),
    expect.stringMatching(/^dev.yaml:10:3 tenants.elm.plan: plan is missing; the name of a plan/),
  ]);
  expect(() => parseRegistry(sourcesOf(stack))).toThrow(/^8 errors in the registry:\n {2}dev.yaml:6:17/);
});

test("a mapping that is none is told with one to write", () => {
  const stack = stackOf("acme: { plan: enterprise, region: eu-west-1, allow: yes, backup: 35 }");
  expect(findingsIn(stack).map((each) => each.replace(/^.* got/, "got"))).toEqual([
    'got "yes"; allow is a mapping of reboot, fewerReplicas; write one such as allow: { reboot: true } [TN-104]',
    expect.stringMatching(
      /^got 35; backup is a mapping of .*; write one such as backup: \{ retentionDays: 35 \} \[TN-104\]$/,
    ),
  ]);
});

test("a broken plan or cell is still known by name", () => {
  const plans = PLANS.replace("workMem: 32MB", "workMem: 32mb");
  expect(codesIn(stackOf("acme: { plan: free, cell: eu-1 }"), plans)).toEqual(["TN-104 plans.free.workMem"]);
  const stack = stackOf("acme: { plan: free, cell: eu-1 }").replace("eu-west-1", "euwest1");
  expect(codesIn(stack)).toEqual(["TN-104 cells.eu-1.region"]);
  expect(checkRegistry(sourcesOf(stack)).registry.tenants.size).toBe(0);
});

test("a tenant has what its plan says, unless its own line says otherwise", () => {
  const { tenants, plans } = registryOf(
    "acme: { plan: enterprise, region: eu-west-1, backup: { copyTo: eu-central-1, continuous: true } }",
    "birch: { plan: growth, cell: eu-1, connections: 9, idleInTransactionTimeout: 5s, quotas: { messagesPerMonth: 2_000_000 } }",
    "cedar: { plan: pro, cell: us-1, tier: schema, status: suspended }",
    "app-one: { plan: app, cell: own-1 }",
  );
  expect(plans.get("free")?.limits).toEqual({
    workMemMb: 32,
    statementTimeoutMs: 10_000,
    idleInTransactionTimeoutMs: 60_000,
    transactionTimeoutMs: 3_600_000,
    quotas: { topics: 3, messagesPerMonth: 1_000_000 },
  });
  expect(tenants.get("acme")).toMatchObject({
    tier: "dedicated",
    cell: "acme",
    limits: { workMemMb: 1024, statementTimeoutMs: 120_000, quotas: {} },
    backup: { retentionDays: 35, copyTo: "eu-central-1", continuous: true },
    server: { instanceClass: "db.m7g.large", diskGb: 100, postgres: 17, extensions: [] },
  });
  expect(tenants.get("birch")).toMatchObject({
    region: "eu-west-1",
    limits: {
      statementTimeoutMs: 1500,
      idleInTransactionTimeoutMs: 5000,
      connections: 9,
      quotas: { topics: 500, messagesPerMonth: 2_000_000 },
    },
    overrides: ["connections", "idleInTransactionTimeout", "quotas.messagesPerMonth"],
  });
  expect(tenants.get("cedar")).toMatchObject({
    tier: "schema",
    status: "suspended",
    limits: { connections: 10 },
    backup: { copyTo: "us-west-2" },
  });
  expect(tenants.get("app-one")?.tables).toBe("own");
});

test("whatever the text, the parser gives a registry or RegistryErrors, and a registry can be placed", () => {
  const name = fc.constantFrom(
    "acme",
    "free",
    "eu-1",
    "constructor",
    "__proto__",
    "A",
    "",
    "plans",
    "tenants",
    "cells",
  );
  const leaf = fc.oneof(
    fc.constantFrom<unknown>("free", "enterprise", "eu-1", "eu-west-1", "pooled", "own", null, true, "1_000"),
    fc.integer(),
    fc.string(),
    fc.double(),
  );
  const key = fc.oneof(
    name,
    fc.constantFrom("plan", "cell", "tier", "from", "quotas", "backup", "region", "topics", "id", "key"),
  );
  const value = fc.letrec((tie) => ({
    node: fc.oneof(
      { depthSize: "small" },
      leaf,
      fc.array(tie("node"), { maxLength: 3 }),
      fc.dictionary(key, tie("node"), { maxKeys: 5 }),
    ),
  })).node;
  const section = fc.oneof({ weight: 4, arbitrary: fc.dictionary(name, value) }, { weight: 1, arbitrary: value });
  const document = fc.record({ cells: section, tenants: section, plans: section }, { requiredKeys: [] });
  const text = fc.oneof(
    fc.string({ unit: "binary" }),
    document.map((tree) => stringify(tree)),
    fc.dictionary(name, value).map((tree) => `${CELLS}${stringify({ tenants: tree })}`),
  );
  let placed = 0;
  fc.assert(
    fc.property(text, fc.boolean(), (content, asPlans) => {
      try {
        place(parseRegistry(asPlans ? sourcesOf(stackOf(), content) : sourcesOf(content)));
        placed += 1;
      } catch (error) {
        if (!(error instanceof RegistryErrors)) throw error;
        expect(error.findings.every(({ line, col }) => line >= 1 && col >= 1)).toBe(true);
      }
    }),
    { numRuns: runs(300), examples: [["tenants: {}", false]] },
  );
  expect(placed).toBeGreaterThan(0);
});
