/** What a tenant's line and its plan's line say together: what its cell must look like. Pure. */
import { TenantryError } from "../registry/errors";
import { type PlanLine, parsePlanLine, parseTenantLine, type TenantLine } from "../registry/lines";
import { loginsOf, POOLED_SCHEMA, roleOf, schemaOf, UNNAMED_SCHEMA } from "../registry/names";
import type { Status, Tier } from "../registry/types";

/** `preparing`: a move's target, empty and closed until the mover has filled it. `removed`: a tombstone. */
export type RowStatus = "active" | "suspended" | "offboarding" | "removed" | "preparing";

export interface TenantSpec {
  readonly slug: string;
  readonly id: string;
  readonly line: string;
  /** How this cell serves it. While a move within the cell stands, still as its source. */
  readonly tier: Tier;
  readonly plan: string;
  readonly status: RowStatus;
  /** What the line says, whatever becomes of `from`. */
  readonly lineStatus: Status;
  readonly tables: "managed" | "own";
  readonly schema: string;
  /** Undefined for pooled tenants, which have neither role nor login. */
  readonly access?: Access;
}

/** What a session of a tenant may use. */
export interface SessionLimits {
  readonly workMemMb: number;
  readonly statementTimeoutMs: number;
  /** Undefined where the cell was told none, by an `up` of before. */
  readonly idleInTransactionTimeoutMs?: number;
  readonly transactionTimeoutMs?: number;
}

/** The role that holds a tenant's privileges, and who logs in with them. */
export interface Access extends SessionLimits {
  readonly role: string;
  /** The pair: the second one exists while the first is rotated. */
  readonly logins: { readonly a: string; readonly b: string };
  readonly connections?: number;
}

/** @throws TenantryError TN-119 for a line that is none, TN-320 for a plan that the cell was not told. */
export function parseSpec(
  cell: string,
  slug: string,
  text: string,
  plans: Readonly<Record<string, string>>,
): TenantSpec {
  const line = parseTenantLine(text);
  const moving = line.from !== undefined && line.from.cell !== cell;
  const tier = line.from && !moving ? line.from.tier : line.tier;
  const pooled = tier === "pooled";
  const tables = line.ownTables ? "own" : "managed";
  return {
    slug,
    id: line.id,
    line: text,
    tier,
    plan: line.plan,
    status: moving ? "preparing" : line.status,
    lineStatus: line.status,
    tables,
    schema: schemaFor(slug, tier, tables),
    ...(pooled ? {} : { access: accessOf(slug, line, planOf(slug, line.plan, plans)) }),
  };
}

/** On a server of its own an application that makes its own tables stays as it is: it need not be told a schema. */
function schemaFor(slug: string, tier: Tier, tables: TenantSpec["tables"]): string {
  if (tier === "pooled") return POOLED_SCHEMA;
  return tier === "dedicated" && tables === "own" ? UNNAMED_SCHEMA : schemaOf(slug);
}

function planOf(slug: string, plan: string, plans: Readonly<Record<string, string>>): PlanLine {
  const text = plans[plan];
  if (text !== undefined) return parsePlanLine(text);
  throw new TenantryError(
    "TN-320",
    `tenant ${slug} has plan ${plan}, which the cell was not told; told were ${Object.keys(plans).join(", ") || "none"}`,
  );
}

function accessOf(slug: string, line: TenantLine, plan: PlanLine): Access {
  const connections = line.connections ?? plan.connections;
  return {
    role: roleOf(slug),
    logins: loginsOf(slug),
    ...sessionLimits(line, plan),
    ...(connections === undefined ? {} : { connections }),
  };
}

/** The tenant's own limits over those of its plan. */
export function sessionLimits(line: TenantLine, plan: PlanLine): SessionLimits {
  const idleInTransactionTimeoutMs = line.idleInTransactionTimeoutMs ?? plan.idleInTransactionTimeoutMs;
  const transactionTimeoutMs = line.transactionTimeoutMs ?? plan.transactionTimeoutMs;
  return {
    workMemMb: line.workMemMb ?? plan.workMemMb,
    statementTimeoutMs: line.statementTimeoutMs ?? plan.statementTimeoutMs,
    ...(idleInTransactionTimeoutMs === undefined ? {} : { idleInTransactionTimeoutMs }),
    ...(transactionTimeoutMs === undefined ? {} : { transactionTimeoutMs }),
  };
}

/** For what must go on although somebody tampered with a line: undefined for one that is none, which a report tells. */
export function tryLine<Line>(parse: (text: string) => Line, text: string): Line | undefined {
  try {
    return parse(text);
  } catch (error) {
    if (error instanceof TenantryError) return undefined;
    throw error;
  }
}

/** By name, those that are lines. */
export const parsePlans = (plans: Readonly<Record<string, string>>): ReadonlyMap<string, PlanLine> =>
  new Map(
    Object.entries(plans).flatMap(([name, text]) => {
      const line = tryLine(parsePlanLine, text);
      return line ? [[name, line] as const] : [];
    }),
  );
