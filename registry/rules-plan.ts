/** What must hold within one plan. */
import type { Rule } from "./rules";
import { CONNECTIONS_FIT, type Fit, SERVER_FITS } from "./tiers";
import type { WrittenPlan } from "./written";

type PlanKey = "connections" | "instanceClass" | "diskGb" | "replicas" | "replicaClass" | "backup";

const fitsPlan = (key: PlanKey, fit: Fit): Rule<WrittenPlan> => ({
  code: "TN-111",
  at: [key],
  when: (plan) => plan[key] !== undefined && !fit.tiers.includes(plan.tier),
  say: ({ tier }) => `${key} does not fit a ${tier} plan; ${fit.instead}`,
});

const needsServer = (key: "instanceClass" | "diskGb", example: string): Rule<WrittenPlan> => ({
  code: "TN-110",
  at: [key],
  when: (plan) => plan.tier === "dedicated" && plan[key] === undefined,
  say: () => `${key} is missing; a dedicated plan says how large its servers are; write ${key}: ${example}`,
});

export const PLAN_RULES: readonly Rule<WrittenPlan>[] = [
  fitsPlan("connections", CONNECTIONS_FIT),
  fitsPlan("instanceClass", SERVER_FITS.instanceClass),
  fitsPlan("diskGb", SERVER_FITS.diskGb),
  fitsPlan("replicas", SERVER_FITS.replicas),
  fitsPlan("replicaClass", SERVER_FITS.replicaClass),
  fitsPlan("backup", SERVER_FITS.backup),
  needsServer("instanceClass", "db.m7g.large"),
  needsServer("diskGb", "100"),
  {
    code: "TN-115",
    at: ["tables"],
    when: ({ tables, tier }) => tables === "own" && tier === "pooled",
    say: () => "pooled tenants share Tenantry's tables; use tier: schema or tier: dedicated, or remove tables",
  },
  {
    code: "TN-115",
    at: ["quotas"],
    when: ({ tables, quotas }) => tables === "own" && quotas !== undefined,
    say: () => "quotas are enforced in Tenantry's tables, and this plan has its own; remove quotas or tables: own",
  },
];
