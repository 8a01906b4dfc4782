/** One tenant against everything that it refers to. */
import type { Finding } from "./errors";
import { didYouMean } from "./nearest";
import { quote } from "./quote";
import { backupOf, hasServer } from "./resolve";
import { breaches } from "./rules";
import { BACKUP_RULES } from "./rules-backup";
import { MOVE_RULES } from "./rules-move";
import { RESIDENCY_RULES } from "./rules-residency";
import { REPLICA_RULES } from "./rules-server";
import { TENANT_RULES, type TenantCase } from "./rules-tenant";
import { TIER_TRAITS } from "./tiers";
import type { WrittenCell, WrittenPlan, WrittenTenant } from "./written";
import { valueAt, type YamlText } from "./yaml-text";

/** What a tenant may refer to. Names that are written but broken are known too: their own findings are told already. */
export interface Known {
  readonly plans: ReadonlyMap<string, WrittenPlan>;
  readonly cells: ReadonlyMap<string, WrittenCell>;
  readonly planNames: ReadonlySet<string>;
  readonly cellNames: ReadonlySet<string>;
}

export interface CheckedTenant {
  readonly findings: readonly Finding[];
  /** The tenant with what it refers to, when no rule is broken. */
  readonly sound?: TenantCase;
}

export function checkTenant(slug: string, tenant: WrittenTenant, known: Known, source: YamlText): CheckedTenant {
  const unknown = unknownReferences(slug, tenant, known, source);
  const plan = known.plans.get(tenant.plan);
  if (unknown.length > 0 || plan === undefined) return { findings: unknown };

  const tier = tenant.tier ?? plan.tier;
  const home = TIER_TRAITS[tier].shared ? known.cells.get(tenant.cell ?? "") : undefined;
  const left = known.cells.get(tenant.from?.cell ?? "");
  const subject: TenantCase = { slug, tenant, plan, tier, ...(home && { home }), ...(left && { source: left }) };
  const path = ["tenants", slug];
  const findings = [
    ...breaches(TENANT_RULES, subject, source, path),
    ...breaches(MOVE_RULES, subject, source, path),
    ...serverFindings(subject, source, path),
    ...residencyFindings(subject, source, path),
  ];
  // A cell that is itself broken is known by name alone: nothing can be said about the tenant until it is mended.
  const homeless = TIER_TRAITS[tier].shared && home === undefined;
  return findings.length > 0 || homeless ? { findings } : { findings, sound: subject };
}

/** Also for a tenant whose other words are wrong: `tenant` is whatever is written. */
export function unknownReferences(slug: string, tenant: unknown, known: Known, source: YamlText): Finding[] {
  const references = [
    { code: "TN-108", what: "plan", path: ["plan"], names: known.planNames },
    { code: "TN-107", what: "cell", path: ["cell"], names: known.cellNames },
    { code: "TN-107", what: "cell", path: ["from", "cell"], names: known.cellNames },
  ] as const;
  return references.flatMap(({ code, what, path, names }) => {
    const name = valueAt(tenant, path);
    if (typeof name !== "string" || names.has(name)) return [];
    const list = names.size === 0 ? `there are no ${what}s` : `there are ${[...names].slice(0, 20).join(", ")}`;
    const message = `${quote(name)} is no ${what}${didYouMean(name, names)}; ${list}; write one of these, or add it`;
    return [source.finding(code, ["tenants", slug, ...path], message, "value")];
  });
}

/** The tenant's own server, which it may also be about to leave. */
function serverFindings({ tenant, plan, tier }: TenantCase, source: YamlText, path: readonly string[]): Finding[] {
  const region = TIER_TRAITS[tier].shared ? tenant.from?.region : tenant.region;
  if (!hasServer(tenant, tier) || region === undefined) return [];
  const server = { region, backup: backupOf(tenant, plan), ...(tenant.key !== undefined && { key: tenant.key }) };
  return [...breaches(BACKUP_RULES, server, source, path), ...replicaFindings(tenant, plan, source, path)];
}

function replicaFindings(
  tenant: WrittenTenant,
  plan: WrittenPlan,
  source: YamlText,
  path: readonly string[],
): Finding[] {
  const instanceClass = tenant.instanceClass ?? plan.instanceClass;
  const replicaClass = tenant.replicaClass ?? plan.replicaClass;
  if (instanceClass === undefined) return [];
  const replicas = tenant.replicas ?? plan.replicas ?? 0;
  const subject = { instanceClass, replicas, ...(replicaClass !== undefined && { replicaClass }) };
  return breaches(REPLICA_RULES, subject, source, path);
}

function residencyFindings(subject: TenantCase, source: YamlText, path: readonly string[]): Finding[] {
  const { tenant, plan, tier, home } = subject;
  const residency = tenant.residency ?? plan.residency;
  const region = home?.region ?? tenant.region;
  if (residency === undefined || region === undefined) return [];
  const { shared } = TIER_TRAITS[tier];
  const { copyTo } = shared ? (home?.backup ?? {}) : backupOf(tenant, plan);
  return breaches(RESIDENCY_RULES, { residency, shared, region, ...(copyTo && { copyTo }) }, source, path);
}
