import fc from "fast-check";
import {
  type PlanLine,
  parsePlanLine,
  parseRosterLine,
  parseTenantLine,
  type RosterLine,
  renderPlanLine,
  renderRosterLine,
  renderTenantLine,
  splitDrift,
  type TenantLine,
  withDrift,
} from "../../registry/lines";
import { defaultId } from "../../registry/names";
import { STATUSES, TIERS } from "../../registry/types";
import { runs } from "../runs";

const ID = defaultId("acme");
const word = fc.stringMatching(/^[a-z][a-z0-9]{1,8}(-[a-z0-9]{1,4})?$/);
const amount = fc.integer({ min: 1, max: 1_000_000 });
const from = fc.record({ tier: fc.constantFrom(...TIERS), cell: word }, { requiredKeys: ["tier"] });
const quotas = fc.dictionary(fc.stringMatching(/^[a-z][A-Za-z0-9]{0,9}$/), fc.maxSafeNat(), { noNullPrototype: true });

const tenantLine: fc.Arbitrary<TenantLine> = fc.record(
  {
    tier: fc.constantFrom(...TIERS),
    plan: word,
    status: fc.constantFrom(...STATUSES),
    ownTables: fc.boolean(),
    connections: amount,
    workMemMb: amount,
    statementTimeoutMs: amount,
    idleInTransactionTimeoutMs: amount,
    transactionTimeoutMs: amount,
    quotas,
    from,
    id: word.map(defaultId),
  },
  { requiredKeys: ["tier", "plan", "status", "ownTables", "quotas", "id"] },
);
const planLine: fc.Arbitrary<PlanLine> = fc.record(
  {
    tier: fc.constantFrom(...TIERS),
    workMemMb: amount,
    statementTimeoutMs: amount,
    idleInTransactionTimeoutMs: amount,
    transactionTimeoutMs: amount,
    connections: amount,
    ownTables: fc.boolean(),
    quotas,
  },
  { requiredKeys: ["tier", "workMemMb", "statementTimeoutMs", "ownTables", "quotas"] },
);
const rosterLine: fc.Arbitrary<RosterLine> = fc.record(
  {
    tier: fc.constantFrom(...TIERS),
    offboarding: fc.boolean(),
    ownTables: fc.boolean(),
    from,
    id: word.map(defaultId),
    cell: word,
    region: word,
  },
  { requiredKeys: ["tier", "offboarding", "ownTables", "id", "cell", "region"] },
);

test("lines come back as they went", () => {
  fc.assert(fc.property(tenantLine, (line) => expect(parseTenantLine(renderTenantLine(line))).toEqual(line)));
  fc.assert(fc.property(planLine, (line) => expect(parsePlanLine(renderPlanLine(line))).toEqual(line)));
  fc.assert(fc.property(rosterLine, (line) => expect(parseRosterLine(renderRosterLine(line))).toEqual(line)));
});

test("a line reads as documented", () => {
  const line: TenantLine = {
    tier: "schema",
    plan: "growth",
    status: "active",
    ownTables: false,
    connections: 25,
    workMemMb: 64,
    statementTimeoutMs: 1500,
    idleInTransactionTimeoutMs: 60_000,
    transactionTimeoutMs: 3_600_000,
    quotas: { topics: 5, messagesPerMonth: 10_000_000 },
    from: { tier: "pooled", cell: "eu-1" },
    id: ID,
  };
  expect(renderTenantLine(line)).toBe(
    `schema plan=growth status=active connections=25 workMem=64MB statementTimeout=1500ms idleInTransactionTimeout=60s transactionTimeout=3600s quotas.messagesPerMonth=10000000 quotas.topics=5 from=pooled@eu-1 id=${ID}`,
  );
});

test("what is not canonical is refused", () => {
  const good = `schema plan=growth status=active connections=25 workMem=64MB quotas.a=1 quotas.b=2 id=${ID}`;
  expect(renderTenantLine(parseTenantLine(good))).toBe(good);
  const bad = [
    "",
    good.replace("schema", "scheme"),
    good.replace(" status=active", ""),
    good.replace("active", "removed"),
    good.replace("connections=25", "connections=025"),
    good.replace("64MB", "64mb"),
    good.replace("quotas.a=1 quotas.b=2", "quotas.b=2 quotas.a=1"),
    good.replace(" plan", "  plan"),
    good.replace("quotas.b=2", "quotas.b=-2"),
    good.replace("id=", "colour=red id="),
    good.replace("id=", "plan=growth id="),
    `${good} `,
    withDrift(good, "insert missing"),
  ];
  for (const line of bad) expect(() => parseTenantLine(line)).toThrow(/TN-119/);
});

test("any text is either refused or canonical", () => {
  const words = fc.constantFrom(
    "pooled",
    "plan=a",
    "status=active",
    `id=${ID}`,
    "quotas.a=1",
    "from=pooled@a",
    "tables=own",
    "tables=x",
    "=",
    "",
  );
  const text = fc.oneof(
    fc.string(),
    fc.array(words).map((all) => all.join(" ")),
  );
  fc.assert(
    fc.property(text, (line) => {
      let parsed: TenantLine;
      try {
        parsed = parseTenantLine(line);
      } catch (error) {
        expect(String(error)).toContain("TN-119");
        return;
      }
      expect(renderTenantLine(parsed)).toBe(line);
    }),
    { numRuns: runs(2000) },
  );
});

test("drift is kept apart from the line", () => {
  const drifted = withDrift(`pooled plan=free status=active id=${ID}`, "row is missing");
  expect(splitDrift(drifted)).toEqual({ line: `pooled plan=free status=active id=${ID}`, drift: "row is missing" });
  expect(splitDrift("pooled")).toEqual({ line: "pooled" });
});
