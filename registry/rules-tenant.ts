/** What must hold between a tenant, its plan and its cell. References have been found by then. */
import { hasServer, tablesOf } from "./resolve";
import type { Rule } from "./rules";
import { CONNECTIONS_FIT, type Fit, KEY_FIT, PLACE_FITS, SERVER_FITS, TABLES_FIT, TIER_TRAITS } from "./tiers";
import type { Tier } from "./types";
import type { WrittenCell, WrittenPlan, WrittenTenant } from "./written";

export interface TenantCase {
  readonly slug: string;
  readonly tenant: WrittenTenant;
  readonly plan: WrittenPlan;
  /** The tenant's own, or its plan's. */
  readonly tier: Tier;
  /** The shared cell that it names. */
  readonly home?: WrittenCell;
  /** The shared cell that it leaves. */
  readonly source?: WrittenCell;
}

type Key = keyof WrittenTenant & string;

/** While a tenant leaves a server of its own, it still describes that server. */
const fits = (key: Key, fit: Fit): Rule<TenantCase> => ({
  code: "TN-111",
  at: [key],
  when: ({ tenant, tier }) =>
    tenant[key] !== undefined && !fit.tiers.includes(tier) && !(key in LEAVING && hasServer(tenant, tier)),
  say: ({ tier }) => `${key} does not fit a ${tier} tenant; ${fit.instead}`,
});

const LEAVING = { ...SERVER_FITS, key: KEY_FIT };

const needsServer = (key: "instanceClass" | "diskGb", example: string): Rule<TenantCase> => ({
  code: "TN-110",
  at: [key],
  when: ({ tenant, plan, tier }) => hasServer(tenant, tier) && (tenant[key] ?? plan[key]) === undefined,
  say: ({ tenant }) =>
    `${key} is missing; plan ${tenant.plan} does not say how large a server of its own is; write ${key}: ${example}`,
});

export const TENANT_RULES: readonly Rule<TenantCase>[] = [
  fits("cell", PLACE_FITS.cell),
  fits("region", PLACE_FITS.region),
  fits("instanceClass", SERVER_FITS.instanceClass),
  fits("diskGb", SERVER_FITS.diskGb),
  fits("postgres", SERVER_FITS.postgres),
  fits("extensions", SERVER_FITS.extensions),
  fits("replicas", SERVER_FITS.replicas),
  fits("replicaClass", SERVER_FITS.replicaClass),
  fits("allow", SERVER_FITS.allow),
  fits("backup", SERVER_FITS.backup),
  fits("key", KEY_FIT),
  fits("tables", TABLES_FIT),
  fits("connections", CONNECTIONS_FIT),
  needsServer("instanceClass", "db.m7g.large"),
  needsServer("diskGb", "100"),
  {
    code: "TN-110",
    at: ["cell"],
    when: ({ tenant, tier }) => TIER_TRAITS[tier].shared && tenant.cell === undefined,
    say: ({ slug, tier, tenant }) =>
      `cell is missing; a ${tier} tenant lives in a shared cell; write cell: <name>, or let \`tenantry add ${slug} --plan ${tenant.plan}\` pick one`,
  },
  {
    code: "TN-110",
    at: ["region"],
    when: ({ tenant, tier }) => !TIER_TRAITS[tier].shared && tenant.region === undefined,
    say: () => "region is missing; a dedicated tenant has a server of its own; write region: eu-west-1, or another",
  },
  {
    code: "TN-115",
    at: ["cell"],
    when: ({ tier, home }) => tier === "pooled" && home?.tables === "own",
    say: ({ tenant }) =>
      `cell ${tenant.cell} has \`tables: own\`, and pooled tenants share Tenantry's; write another cell, or tier: schema`,
  },
  {
    code: "TN-115",
    at: ["plan"],
    when: ({ tier, tenant, plan }) => tier === "pooled" && tenant.tier === "pooled" && plan.tables === "own",
    say: ({ tenant }) =>
      `plan ${tenant.plan} has \`tables: own\`, and pooled tenants share Tenantry's; remove tier: pooled, or write another plan`,
  },
  {
    code: "TN-115",
    at: ["quotas"],
    when: ({ tenant, plan, home }) => tablesOf(tenant, plan, home) === "own" && tenant.quotas !== undefined,
    say: () => "quotas are enforced in Tenantry's tables, and this tenant has its own; remove quotas",
  },
  {
    code: "TN-115",
    at: ["plan"],
    when: ({ tenant, plan, home, tier }) =>
      tier !== "pooled" && tablesOf(tenant, plan, home) === "own" && plan.tables !== "own" && plan.quotas !== undefined,
    say: ({ tenant }) =>
      `plan ${tenant.plan} has quotas, which are enforced in Tenantry's tables, and this tenant has its own; write a plan without quotas`,
  },
];
