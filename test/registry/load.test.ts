import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadRegistry, loadStackNames } from "../../registry/load";
import { place } from "../../registry/place";
import { quotaNamesIn } from "../../registry/quota-names";
import { STATUSES, TIERS } from "../../registry/types";

const ROOT = join(__dirname, "../..");
const inProject = (stack: string, dir = join(ROOT, "tenants")) => ({ dir, stack, sqlDir: join(ROOT, "sql") });

test("each stack of this project loads and places", () => {
  expect(loadStackNames(join(ROOT, "tenants"))).toEqual(["dev", "prod"]);
  for (const stack of ["dev", "prod"]) expect(place(loadRegistry(inProject(stack))).cells.length).toBeGreaterThan(2);
});

test("the prod stack shows what a registry can say", () => {
  const registry = loadRegistry(inProject("prod"));
  const { plans, cells } = registry;
  const tenants = [...registry.tenants.values()];
  expect(
    [...cells.values()].map(({ region }) => region).filter((each, i, all) => all.indexOf(each) === i),
  ).toHaveLength(3);
  expect(cells.size).toBe(5);
  expect(tenants.length).toBeGreaterThanOrEqual(60);
  expect(new Set(tenants.map(({ plan }) => plan))).toEqual(new Set(plans.keys()));
  expect(new Set(tenants.map(({ tier }) => tier))).toEqual(new Set(TIERS));
  expect(new Set(tenants.map(({ status }) => status))).toEqual(new Set(STATUSES));
  expect(tenants.filter(({ key, backup }) => key !== undefined && backup.copyKey !== undefined)).toHaveLength(3);
  expect(tenants.filter(({ residency }) => residency !== undefined).length).toBeGreaterThanOrEqual(10);
  expect(tenants.filter(({ from }) => from !== undefined)).toHaveLength(1);
  expect(tenants.filter(({ tables }) => tables === "own").length).toBeGreaterThanOrEqual(4);
  expect([...cells.values()].map(({ server }) => server.replicas ?? 0).some((replicas) => replicas > 0)).toBe(true);
  expect(new Set(tenants.flatMap(({ overrides }) => overrides.map((key) => key.split(".")[0])))).toEqual(
    new Set(["workMem", "statementTimeout", "connections", "quotas"]),
  );
});

test("the dev stack shows every plan, tier and way to differ", () => {
  const { plans, cells, tenants } = loadRegistry(inProject("dev"));
  const all = [...tenants.values()];
  expect([...cells.keys()]).toEqual(["eu-1", "us-1"]);
  expect(all.length).toBeGreaterThanOrEqual(14);
  expect(new Set(all.map(({ plan }) => plan))).toEqual(new Set(plans.keys()));
  expect(new Set(all.map(({ tier }) => tier))).toEqual(new Set(TIERS));
  expect(all.filter(({ status }) => status === STATUSES[1])).toHaveLength(1);
  expect(all.some(({ tier, plan }) => tier !== plans.get(plan)?.tier)).toBe(true);
  expect(all.some(({ overrides }) => overrides.some((name) => name.startsWith("quotas.")))).toBe(true);
});

test("what cannot be read is named, with what is there", () => {
  const dir = mkdtempSync(join(tmpdir(), "tenantry-registry-"));
  try {
    expect(() => loadRegistry(inProject("dev", dir))).toThrow(/stack dev has no file .*; there are none yet;.*TN-101/);
    writeFileSync(join(dir, "prod.yaml"), "tenants: {}\n");
    expect(() => loadRegistry(inProject("prd", dir))).toThrow(/\(did you mean prod\?\); there are prod;/);
    expect(() => loadRegistry(inProject("plans", dir))).toThrow(/TN-101/);
    expect(() => loadRegistry(inProject("prod", dir))).toThrow(/plans.yaml cannot be read.*ENOENT.*TN-101/);
    expect(() => loadRegistry(inProject("prod", join(dir, "none")))).toThrow(/none cannot be read.*TN-101/);
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test("quotas are declared in the table files", () => {
  const sql =
    "--! quota: topics count topics\n--! append-only: events\n--!quota: storageGb storage\n-- quota: not this\ncreate table x ();\n";
  expect(quotaNamesIn("x.sql", sql)).toEqual(["topics", "storageGb"]);
  expect(() => quotaNamesIn("x.sql", "--! quota: topics\n")).toThrow(
    /x.sql: "--! quota: topics" names no quota.*TN-120/,
  );
  expect(quotaNamesIn("x.sql", "--! quota: aNameOfTwentyLetters count x")).toEqual(["aNameOfTwentyLetters"]);
  expect(() => quotaNamesIn("x.sql", "--! quota: aNameOfTwentyOneChars count x")).toThrow("at most 20 letters");
});
