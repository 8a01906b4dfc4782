/** From what is written to what it means: limits of the plan under those of the tenant, defaults where nothing is said. */
import { DEFAULT_OVERCOMMIT } from "./capacity";
import { defaultId } from "./names";
import { TIER_TRAITS } from "./tiers";
import {
  ALLOWANCES,
  type Allowance,
  type Backup,
  type Limits,
  type Plan,
  type ServerSize,
  type SharedCell,
  type Source,
  type Tables,
  type Tenant,
  type Tier,
} from "./types";
import { parseCount, parseDuration, parseMemory } from "./units";
import type { WrittenCell, WrittenPlan, WrittenTenant } from "./written";

const DEFAULT_POSTGRES = 17;

export function resolvePlan(name: string, plan: WrittenPlan): Plan {
  const server = sizeOf(plan);
  return {
    name,
    tier: plan.tier,
    limits: limitsOf({}, plan, plan.tier),
    backup: plan.backup ?? {},
    tables: plan.tables ?? "managed",
    ...(server && { server }),
    ...(plan.residency && { residency: plan.residency }),
  };
}

export function resolveCell(name: string, cell: WrittenCell): SharedCell {
  return {
    name,
    region: cell.region,
    server: { instanceClass: cell.instanceClass, diskGb: cell.diskGb, ...replicasOf(cell) },
    postgres: cell.postgres ?? DEFAULT_POSTGRES,
    tables: cell.tables ?? "managed",
    pooledConnections: cell.pooledConnections ?? 100,
    overcommit: cell.overcommit ?? DEFAULT_OVERCOMMIT,
    extensions: cell.extensions ?? [],
    backup: cell.backup ?? {},
    status: cell.status ?? "active",
    allow: allowancesOf(cell),
  };
}

/** `home` is the cell that a shared tenant names. The rules have passed: whatever its tier needs is there. */
export function resolveTenant(slug: string, tenant: WrittenTenant, plan: WrittenPlan, home?: WrittenCell): Tenant {
  const tier = tenant.tier ?? plan.tier;
  const server = hasServer(tenant, tier) ? serverOf(tenant, plan) : undefined;
  const residency = tenant.residency ?? plan.residency;
  const allow = allowancesOf(tenant);
  return {
    slug,
    id: tenant.id ?? defaultId(slug),
    plan: tenant.plan,
    tier,
    status: tenant.status ?? "active",
    cell: tenant.cell ?? slug,
    region: home?.region ?? tenant.region ?? "",
    limits: limitsOf(tenant, plan, tier),
    tables: tablesOf(tenant, plan, home),
    backup: hasServer(tenant, tier) ? backupOf(tenant, plan) : (home?.backup ?? {}),
    overrides: overridesOf(tenant),
    ...(server && { server }),
    ...(allow.length > 0 && { allow }),
    ...(tenant.key !== undefined && { key: tenant.key }),
    ...(residency && { residency }),
    ...(tenant.from && { from: sourceOf(tenant.from) }),
  };
}

/** On a shared server (`home`) the cell's word counts first: nobody else can make tables there. */
export function tablesOf(tenant: WrittenTenant, plan: WrittenPlan, home?: WrittenCell): Tables {
  if (home !== undefined) return home.tables === "own" ? "own" : (plan.tables ?? "managed");
  return tenant.tables ?? plan.tables ?? "managed";
}

/** Key by key: a tenant with a longer retention still has its plan's copy. */
export const backupOf = (tenant: WrittenTenant, plan: WrittenPlan): Backup => ({ ...plan.backup, ...tenant.backup });

/** A tenant has a server of its own from the beginning of a move to it until the end of a move away. */
export const hasServer = (tenant: WrittenTenant, tier: Tier): boolean =>
  !TIER_TRAITS[tier].shared || (tenant.from !== undefined && !TIER_TRAITS[tenant.from.tier].shared);

type WrittenSize = Pick<WrittenTenant, "instanceClass" | "diskGb" | "replicas" | "replicaClass">;

/** The size that a tenant's own server has or would have, key by key from the tenant and its plan. */
function sizeOf(plan: WrittenSize, tenant: WrittenSize = {}): ServerSize | undefined {
  const instanceClass = tenant.instanceClass ?? plan.instanceClass;
  const diskGb = tenant.diskGb ?? plan.diskGb;
  const replicas = tenant.replicas ?? plan.replicas;
  const replicaClass = tenant.replicaClass ?? plan.replicaClass;
  if (instanceClass === undefined || diskGb === undefined) return undefined;
  const wish = { ...(replicas !== undefined && { replicas }), ...(replicaClass !== undefined && { replicaClass }) };
  return { instanceClass, diskGb, ...replicasOf(wish) };
}

/** Said only of a server that has some. */
function replicasOf({ replicas = 0, replicaClass }: Pick<WrittenSize, "replicas" | "replicaClass">) {
  return replicas === 0 ? {} : { replicas, ...(replicaClass !== undefined && { replicaClass }) };
}

const allowancesOf = ({ allow = {} }: Pick<WrittenCell, "allow">): readonly Allowance[] =>
  ALLOWANCES.filter((word) => allow[word] === true);

function serverOf(tenant: WrittenTenant, plan: WrittenPlan): Tenant["server"] | undefined {
  const size = sizeOf(plan, tenant);
  return size && { ...size, postgres: tenant.postgres ?? DEFAULT_POSTGRES, extensions: tenant.extensions ?? [] };
}

const TIMES = ["statementTimeout", "idleInTransactionTimeout", "transactionTimeout"] as const;
type WrittenLimits = Pick<WrittenTenant, "workMem" | (typeof TIMES)[number] | "connections" | "quotas">;

/** Where neither tenant nor plan says: an application that forgets its transaction must not hold up a whole server. */
const DEFAULT_TIMES: { readonly [Time in (typeof TIMES)[number]]?: string } = {
  idleInTransactionTimeout: "60s",
  transactionTimeout: "60min",
};

function limitsOf(own: WrittenLimits, plan: WrittenPlan, tier: Tier): Limits {
  const traits = TIER_TRAITS[tier];
  const connections = traits.ownLogins ? (own.connections ?? plan.connections ?? traits.connections) : undefined;
  const time = (name: (typeof TIMES)[number]) =>
    parseDuration(own[name] ?? plan[name] ?? DEFAULT_TIMES[name] ?? "") ?? 0;
  return {
    workMemMb: parseMemory(own.workMem ?? plan.workMem) ?? 0,
    statementTimeoutMs: time("statementTimeout"),
    idleInTransactionTimeoutMs: time("idleInTransactionTimeout"),
    transactionTimeoutMs: time("transactionTimeout"),
    ...(connections !== undefined && { connections }),
    quotas: Object.fromEntries(
      Object.entries({ ...plan.quotas, ...own.quotas }).map(([name, count]) => [name, parseCount(count) ?? 0]),
    ),
  };
}

function overridesOf(tenant: WrittenTenant): string[] {
  const limits = (["workMem", ...TIMES, "connections"] as const).filter((key) => tenant[key] !== undefined);
  return [...limits, ...Object.keys(tenant.quotas ?? {}).map((name) => `quotas.${name}`)].sort();
}

function sourceOf({ tier, cell, region }: NonNullable<WrittenTenant["from"]>): Source {
  return { tier, ...(cell !== undefined && { cell }), ...(region !== undefined && { region }) };
}
