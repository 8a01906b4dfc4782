/** Registries for tests: a stack's text over five plans, and what is found in it. */
import { renderFinding } from "../../registry/errors";
import { checkRegistry, parseRegistry, type RegistrySources } from "../../registry/parse";

export const QUOTAS = ["topics", "messagesPerMonth"];

export const PLANS = `plans:
  free: { tier: pooled, workMem: 32MB, statementTimeout: 10s, quotas: { topics: 3, messagesPerMonth: 1_000_000 } }
  pro: { tier: pooled, workMem: 128MB, statementTimeout: 30s, quotas: { topics: 100 } }
  growth: { tier: schema, workMem: 128MB, statementTimeout: 1500ms, connections: 25, quotas: { topics: 500 } }
  app: { tier: schema, workMem: 64MB, statementTimeout: 30s, tables: own }
  enterprise: { tier: dedicated, workMem: 1GB, statementTimeout: 2min, instanceClass: db.m7g.large, diskGb: 100, backup: { retentionDays: 35 } }
`;

export const CELLS = `cells:
  eu-1: { region: eu-west-1, instanceClass: db.r7g.2xlarge, diskGb: 500 }
  us-1: { region: us-east-1, instanceClass: db.r7g.2xlarge, diskGb: 500, backup: { copyTo: us-west-2 } }
  own-1: { region: eu-west-1, instanceClass: db.r7g.2xlarge, diskGb: 500, tables: own }
`;

export const sourcesOf = (stack: string, plans = PLANS): RegistrySources => ({
  plans: { file: "plans.yaml", text: plans },
  stack: { file: "dev.yaml", text: stack },
  quotas: QUOTAS,
});

/** A stack of the three cells and these tenants, each a line such as `acme: { plan: free, cell: eu-1 }`. */
export const stackOf = (...tenants: readonly string[]): string =>
  `${CELLS}tenants:${tenants.length === 0 ? " {}" : ""}\n${tenants.map((line) => `  ${line}\n`).join("")}`;

/** All findings, as people read them. */
export const findingsIn = (stack: string, plans?: string): string[] =>
  checkRegistry(sourcesOf(stack, plans)).findings.map(renderFinding);

export const codesIn = (stack: string, plans?: string): string[] =>
  checkRegistry(sourcesOf(stack, plans)).findings.map(({ code, path }) => `${code} ${path}`);

export const registryOf = (...tenants: readonly string[]) => parseRegistry(sourcesOf(stackOf(...tenants)));
