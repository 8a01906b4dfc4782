/** What each session of a cell may use, by the lines that were applied. */
import type { Client } from "pg";
import { type PlanLine, parseTenantLine } from "../registry/lines";
import type { LiveSession } from "./activity";
import { parsePlans, type SessionLimits, sessionLimits, tryLine } from "./tenant-spec";

/** Missing: not limited. */
export interface Allowance extends Partial<Omit<SessionLimits, "workMemMb">> {
  readonly connections?: number;
}

export type AllowanceOf = (session: LiveSession) => Allowance;

/**
 * A tenant's login has its tenant's limits. The pooled application's sessions have the largest of all pooled tenants together, for
 * they do not tell whose they are. `plans`: plan name to line.
 */
export async function readAllowances(client: Client, plans: Readonly<Record<string, string>>): Promise<AllowanceOf> {
  const parsed = parsePlans(plans);
  const pooled = largest(await pooledLimits(client, parsed));
  return ({ tenant }) => (tenant === null ? pooled : allowanceOf(tenant.line, parsed));
}

/** A tenant of a plan that the cell was not told is held by what its own line says. */
function allowanceOf(text: string, plans: ReadonlyMap<string, PlanLine>): Allowance {
  const line = tryLine(parseTenantLine, text);
  if (!line) return {};
  const plan = plans.get(line.plan);
  const connections = line.connections ?? plan?.connections;
  return { ...(plan ? sessionLimits(line, plan) : line), ...(connections !== undefined && { connections }) };
}

/** One for each plan, and one for each tenant that has limits of its own: thousands of tenants have none. */
async function pooledLimits(client: Client, plans: ReadonlyMap<string, PlanLine>): Promise<readonly SessionLimits[]> {
  const { rows } = await client.query<{ line: string }>(`
    select min(line) as line from tenantry.tenants where tier = 'pooled' and status = 'active'
    group by plan, case when line ~ 'Timeout=' then line end`);
  return rows.flatMap(({ line: text }) => {
    const line = tryLine(parseTenantLine, text);
    const plan = line && plans.get(line.plan);
    return plan ? [sessionLimits(line, plan)] : [];
  });
}

const TIMES = ["statementTimeoutMs", "idleInTransactionTimeoutMs", "transactionTimeoutMs"] as const;

/** Where one has no limit, all have none. */
function largest(all: readonly SessionLimits[]): Allowance {
  const times = TIMES.map((time) => [time, Math.max(...all.map((limits) => limits[time] ?? Infinity))] as const);
  return Object.fromEntries(times.filter(([, ms]) => Number.isFinite(ms)));
}
