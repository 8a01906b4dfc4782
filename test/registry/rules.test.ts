/** Each rule of the registry: the smallest breach, and beside it what is allowed. */

import { BACKUP_RULES } from "../../registry/rules-backup";
import { MOVE_RULES } from "../../registry/rules-move";
import { PLAN_RULES } from "../../registry/rules-plan";
import { RESIDENCY_RULES } from "../../registry/rules-residency";
import { REPLICA_RULES } from "../../registry/rules-server";
import { TENANT_RULES } from "../../registry/rules-tenant";
import { codesIn, PLANS, stackOf } from "./sources";

const KEY = "key: arn:aws:kms:eu-west-1:111122223333:key/0d1e";
const COPY_KEY = "copyKey: arn:aws:kms:eu-central-1:111122223333:key/7c2f";
const acme = (line: string) => codesIn(stackOf(`acme: { ${line} }`));

const TENANT_BREACHES = [
  ["a cell for a dedicated tenant", "plan: enterprise, region: eu-west-1, cell: eu-1", "TN-111 tenants.acme.cell"],
  ["a region for a shared tenant", "plan: free, cell: eu-1, region: eu-west-1", "TN-111 tenants.acme.region"],
  [
    "a server for a shared tenant",
    "plan: free, cell: eu-1, instanceClass: db.m7g.large",
    "TN-111 tenants.acme.instanceClass",
  ],
  ["a disk for a shared tenant", "plan: free, cell: eu-1, diskGb: 50", "TN-111 tenants.acme.diskGb"],
  ["a version for a shared tenant", "plan: growth, cell: eu-1, postgres: 16", "TN-111 tenants.acme.postgres"],
  [
    "extensions for a shared tenant",
    "plan: growth, cell: eu-1, extensions: [pg_trgm]",
    "TN-111 tenants.acme.extensions",
  ],
  ["replicas for a shared tenant", "plan: growth, cell: eu-1, replicas: 1", "TN-111 tenants.acme.replicas"],
  [
    "a class of replicas for a shared tenant",
    "plan: growth, cell: eu-1, replicaClass: db.m7g.large",
    "TN-111 tenants.acme.replicaClass",
  ],
  ["a restart for a shared tenant", "plan: growth, cell: eu-1, allow: { reboot: true }", "TN-111 tenants.acme.allow"],
  [
    "a class of no replicas",
    "plan: enterprise, region: eu-west-1, replicaClass: db.m7g.xlarge",
    "TN-125 tenants.acme.replicaClass",
  ],
  [
    "replicas that are smaller than their source",
    "plan: enterprise, region: eu-west-1, replicas: 1, replicaClass: db.t4g.medium",
    "TN-125 tenants.acme.replicaClass",
  ],
  [
    "an allowance that is not true",
    "plan: enterprise, region: eu-west-1, allow: { reboot: false }",
    "TN-104 tenants.acme.allow.reboot",
  ],
  ["an allowance that names nothing", "plan: enterprise, region: eu-west-1, allow: yes", "TN-104 tenants.acme.allow"],
  [
    "an allowance of something else",
    "plan: enterprise, region: eu-west-1, allow: { replace: true }",
    "TN-103 tenants.acme.allow.replace",
  ],
  [
    "a backup for a shared tenant",
    "plan: growth, cell: eu-1, backup: { retentionDays: 9 }",
    "TN-111 tenants.acme.backup",
  ],
  ["a key for a shared tenant", `plan: growth, cell: eu-1, ${KEY}`, "TN-111 tenants.acme.key"],
  ["own tables for a shared tenant", "plan: growth, cell: eu-1, tables: own", "TN-111 tenants.acme.tables"],
  ["connections for a pooled tenant", "plan: free, cell: eu-1, connections: 5", "TN-111 tenants.acme.connections"],
  ["no cell", "plan: free", "TN-110 tenants.acme.cell"],
  ["no region", "plan: enterprise", "TN-110 tenants.acme.region"],
  [
    "no size of the server",
    "plan: pro, tier: dedicated, region: eu-west-1, diskGb: 50",
    "TN-110 tenants.acme.instanceClass",
  ],
  [
    "no disk of the server",
    "plan: pro, tier: dedicated, region: eu-west-1, instanceClass: db.m7g.large",
    "TN-110 tenants.acme.diskGb",
  ],
  ["an unknown plan", "plan: fre, cell: eu-1", "TN-108 tenants.acme.plan"],
  ["an unknown cell", "plan: free, cell: eu-2", "TN-107 tenants.acme.cell"],
  [
    "a region outside of the residency",
    "plan: enterprise, region: eu-west-1, residency: [us-east-1]",
    "TN-112 tenants.acme.region",
  ],
  ["a cell outside of the residency", "plan: free, cell: eu-1, residency: [us-east-1]", "TN-112 tenants.acme.cell"],
  [
    "a copy outside of the residency",
    "plan: enterprise, region: eu-west-1, residency: [eu-west-1], backup: { copyTo: us-east-1 }",
    "TN-112 tenants.acme.backup.copyTo",
  ],
  [
    "a cell that copies outside of the residency",
    "plan: free, cell: us-1, residency: [us-east-1]",
    "TN-112 tenants.acme.cell",
  ],
  [
    "a copy of an own-key server without a key",
    `plan: enterprise, region: eu-west-1, ${KEY}, backup: { copyTo: eu-central-1 }`,
    "TN-113 tenants.acme.backup.copyKey",
  ],
  [
    "a copy to where the server is",
    "plan: enterprise, region: eu-west-1, backup: { copyTo: eu-west-1 }",
    "TN-113 tenants.acme.backup.copyTo",
  ],
  [
    "a key for no copy",
    `plan: enterprise, region: eu-west-1, backup: { ${COPY_KEY} }`,
    "TN-113 tenants.acme.backup.copyKey",
  ],
  [
    "an alias for a key",
    `plan: enterprise, region: eu-west-1, ${KEY.replace("key/0d1e", "alias/acme")}`,
    "TN-104 tenants.acme.key",
  ],
  ["a key of another region", `plan: enterprise, region: us-east-1, ${KEY}`, "TN-122 tenants.acme.key"],
  [
    "a copy key of another region",
    `plan: enterprise, region: eu-west-1, backup: { copyTo: us-east-1, ${COPY_KEY} }`,
    "TN-122 tenants.acme.backup.copyKey",
  ],
  ["a pooled tenant where tables are own", "plan: free, cell: own-1", "TN-115 tenants.acme.cell"],
  ["quotas of a plan where tables are own", "plan: growth, cell: own-1", "TN-115 tenants.acme.plan"],
  ["quotas where tables are own", "plan: app, cell: eu-1, quotas: { topics: 3 }", "TN-115 tenants.acme.quotas"],
  ["a pooled tenant of a plan with own tables", "plan: app, tier: pooled, cell: eu-1", "TN-115 tenants.acme.plan"],
  [
    "a move from a cell without its name",
    "plan: growth, cell: eu-1, from: { tier: pooled }",
    "TN-114 tenants.acme.from.cell",
  ],
  [
    "a move from an unknown cell",
    "plan: growth, cell: eu-1, from: { tier: pooled, cell: eu-9 }",
    "TN-107 tenants.acme.from.cell",
  ],
  [
    "a move from an own server with a cell",
    "plan: growth, cell: eu-1, instanceClass: db.m7g.large, diskGb: 50, from: { tier: dedicated, region: eu-west-1, cell: eu-1 }",
    "TN-114 tenants.acme.from.cell",
  ],
  [
    "a move from an own server without its region",
    "plan: growth, cell: eu-1, instanceClass: db.m7g.large, diskGb: 50, from: { tier: dedicated }",
    "TN-114 tenants.acme.from.region",
  ],
  [
    "a move from an own server of unknown size",
    "plan: growth, cell: eu-1, diskGb: 50, from: { tier: dedicated, region: eu-west-1 }",
    "TN-110 tenants.acme.instanceClass",
  ],
  [
    "a move from a cell with a region",
    "plan: growth, cell: eu-1, from: { tier: pooled, cell: us-1, region: us-east-1 }",
    "TN-114 tenants.acme.from.region",
  ],
  ["a move to where it is", "plan: growth, cell: eu-1, from: { tier: schema, cell: eu-1 }", "TN-114 tenants.acme.from"],
  [
    "a move from one own server to another",
    "plan: enterprise, region: us-east-1, from: { tier: dedicated, region: eu-west-1 }",
    "TN-114 tenants.acme.from",
  ],
  [
    "a move of a tenant that leaves",
    "plan: growth, cell: eu-1, status: offboarding, from: { tier: pooled, cell: us-1 }",
    "TN-114 tenants.acme.from",
  ],
  [
    "a move to own tables",
    "plan: app, cell: eu-1, from: { tier: pooled, cell: us-1 }",
    "TN-114 tenants.acme.from.tier",
  ],
] as const;

test.each(TENANT_BREACHES)("%s is refused", (_, line, code) => {
  expect(acme(line)).toEqual([code]);
});

test.each([
  "plan: free, cell: eu-1",
  "plan: pro, cell: eu-1, tier: schema, connections: 5",
  "plan: pro, tier: dedicated, region: eu-west-1, instanceClass: db.m7g.large, diskGb: 50",
  "plan: enterprise, region: eu-west-1, tables: own",
  "plan: enterprise, region: eu-west-1, postgres: 18, extensions: [pg_trgm]",
  "plan: enterprise, region: eu-west-1, replicas: 2, replicaClass: db.r7g.large, allow: { reboot: true, fewerReplicas: true }",
  `plan: enterprise, region: eu-west-1, ${KEY}, backup: { copyTo: eu-central-1, ${COPY_KEY} }, residency: [eu-west-1, eu-central-1]`,
  "plan: free, cell: us-1, residency: [us-east-1, us-west-2]",
  "plan: app, cell: own-1",
  "plan: app, cell: eu-1",
  "plan: growth, cell: eu-1, from: { tier: pooled, cell: us-1 }",
  "plan: growth, cell: eu-1, from: { tier: pooled, cell: eu-1 }",
  "plan: enterprise, region: us-east-1, from: { tier: schema, cell: eu-1 }",
  `plan: growth, cell: eu-1, instanceClass: db.m7g.large, diskGb: 50, ${KEY}, from: { tier: dedicated, region: eu-west-1 }`,
])("{ %s } is allowed", (line) => {
  expect(acme(line)).toEqual([]);
});

const PLAN_BREACHES = [
  ["connections in a pooled plan", "tier: pooled, connections: 5", "TN-111 plans.new.connections"],
  ["a server in a shared plan", "tier: schema, instanceClass: db.m7g.large", "TN-111 plans.new.instanceClass"],
  ["a disk in a shared plan", "tier: schema, diskGb: 50", "TN-111 plans.new.diskGb"],
  ["replicas in a shared plan", "tier: schema, replicas: 1", "TN-111 plans.new.replicas"],
  ["a class of replicas in a shared plan", "tier: schema, replicaClass: db.m7g.large", "TN-111 plans.new.replicaClass"],
  ["a backup in a shared plan", "tier: schema, backup: { retentionDays: 9 }", "TN-111 plans.new.backup"],
  ["a dedicated plan without a class", "tier: dedicated, diskGb: 50", "TN-110 plans.new.instanceClass"],
  ["a dedicated plan without a disk", "tier: dedicated, instanceClass: db.m7g.large", "TN-110 plans.new.diskGb"],
  ["own tables in a pooled plan", "tier: pooled, tables: own", "TN-115 plans.new.tables"],
  ["quotas on own tables", "tier: schema, tables: own, quotas: { topics: 3 }", "TN-115 plans.new.quotas"],
] as const;

test.each(PLAN_BREACHES)("%s is refused", (_, words, code) => {
  expect(codesIn(stackOf(), `${PLANS}  new: { workMem: 32MB, statementTimeout: 10s, ${words} }\n`)).toEqual([code]);
});

test("each rule of the tables is broken by a case above", () => {
  const broken = [...TENANT_BREACHES, ...PLAN_BREACHES].map(([, , code]) =>
    code.replace(/(tenants\.acme|plans\.new)\./, ""),
  );
  const rules = [...TENANT_RULES, ...MOVE_RULES, ...PLAN_RULES, ...BACKUP_RULES, ...RESIDENCY_RULES, ...REPLICA_RULES];
  expect(rules.map(({ code, at }) => `${code} ${at.join(".")}`).filter((rule) => !broken.includes(rule))).toEqual([]);
});

describe("a shared cell", () => {
  const cell = (words: string, ...tenants: string[]) =>
    codesIn(stackOf(...tenants).replace("diskGb: 500 }", `diskGb: 500, ${words} }`));

  test("has replicas that can follow it", () => {
    expect(cell("replicas: 2, replicaClass: db.r7g.4xlarge")).toEqual([]);
    expect(cell("replicas: 6")).toEqual(["TN-104 cells.eu-1.replicas"]);
    expect(cell("replicas: 1, replicaClass: db.t4g.medium")).toEqual(["TN-125 cells.eu-1.replicaClass"]);
  });

  test("retires when only tenants who are leaving are on it", () => {
    const leaving = "acme: { plan: growth, cell: eu-1, status: offboarding }";
    expect(cell("status: retiring", leaving)).toEqual([]);
    for (const staying of [
      "birch: { plan: free, cell: eu-1 }",
      "birch: { plan: growth, cell: eu-1, status: suspended }",
      "birch: { plan: growth, cell: eu-1, from: { tier: pooled, cell: us-1 } }",
      "birch: { plan: growth, cell: us-1, from: { tier: pooled, cell: eu-1 } }",
    ]) {
      expect(cell("status: retiring", leaving, staying)).toEqual(["TN-124 cells.eu-1.status"]);
      expect(cell("status: active", leaving, staying)).toEqual([]);
    }
  });
});

test("names and ids belong to one", () => {
  const twice = "id: 11111111-2222-4333-8444-555555555555";
  const stack = stackOf(
    "acme: { plan: free, cell: eu-1 }",
    `birch: { plan: free, cell: eu-1, ${twice} }`,
    `cedar: { plan: free, cell: eu-1, ${twice} }`,
  );
  expect(codesIn(stack)).toEqual(["TN-118 tenants.cedar.id"]);
  expect(codesIn(stackOf("us-1: { plan: free, cell: eu-1 }"))).toEqual(["TN-118 cells.us-1"]);
});
