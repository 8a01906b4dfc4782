/** What a cell tells of itself: live lines with drift, the directory, what differs in shared objects. Pure. */
import { escapeIdentifier } from "pg";
import { type Code, TenantryError } from "../registry/errors";
import { type PlanLine, parseTenantLine, splitDrift, withDrift } from "../registry/lines";
import { CONTROL_SCHEMA, POOLED_SCHEMA } from "../registry/names";
import type { SessionLimits as DirectoryLimits, DirectoryRow } from "../registry/types";
import { renderDuration, renderMemory } from "../registry/units";
import { cellFaults } from "./cell-objects";
import { foreignCellRoles } from "./cell-roles";
import { inspect, renderDrift } from "./inspect";
import type { Survey } from "./survey";
import type { TenantRow } from "./tenant-rows";
import { parsePlans, parseSpec, sessionLimits, tryLine } from "./tenant-spec";
import type { CellState, Connection, DesiredCell, Failure } from "./types";

/** Lines are those that were applied; each is measured against itself, so that it needs no registry to tell drift. */
export function renderState(cell: string, connection: Connection, found: Survey): CellState {
  const living = found.rows.filter(({ status }) => status !== "removed").sort(bySlug);
  const plans = parsePlans(found.facts.plans);
  return {
    directory: living.flatMap((row) => directoryRow(cell, connection, row, plans)),
    tenants: Object.fromEntries(living.map((row) => [row.slug, liveLine(cell, row, found)])),
    shared: sharedDrift(found),
  };
}

/** What a run could not put right, one failure a tenant: what is still told after it. */
export function remainingDrift({ tenants }: DesiredCell, state: CellState): readonly Failure[] {
  const drifted = Object.entries(state.tenants).flatMap(([slug, text]) => {
    const { drift } = splitDrift(text);
    return drift === undefined || tenants[slug] === undefined ? [] : [{ subject: slug, drift }];
  });
  const shared = Object.entries(state.shared).map(([name, drift]) => ({ subject: "cell", drift: `${name}: ${drift}` }));
  return [...drifted, ...shared].map(({ subject, drift }) => ({
    subject,
    reason: told("TN-317", `${drift}; Tenantry cannot put this right, undo it by hand`),
  }));
}

const bySlug = (one: TenantRow, other: TenantRow) => (one.slug < other.slug ? -1 : 1);

const told = (code: Code, message: string) => new TenantryError(code, message).message;

function liveLine(cell: string, row: TenantRow, found: Survey): string {
  const drift = driftOf(cell, row, found);
  return drift === "" ? row.line : withDrift(row.line, drift);
}

function driftOf(cell: string, row: TenantRow, found: Survey): string {
  try {
    const spec = parseSpec(cell, row.slug, row.line, found.facts.plans);
    const id = spec.id === row.id ? [] : [`row: id is ${row.id} instead of ${spec.id}`];
    return [...id, renderDrift(inspect(spec, row, found), spec)].filter(Boolean).join("; ");
  } catch (error) {
    if (!(error instanceof TenantryError)) throw error;
    return `row: line is not one: ${error.message}`;
  }
}

function sharedDrift(found: Survey): Readonly<Record<string, string>> {
  const objects = Object.entries(cellFaults(found.facts, found.roles)).map(
    ([name, faults]) => [name, faults.map(({ text }) => text).join("; ")] as const,
  );
  const schemas = [CONTROL_SCHEMA, POOLED_SCHEMA].flatMap((schema) => {
    const drift = found.drifts.get(schema);
    return drift === undefined ? [] : [[`schema ${schema}`, drift] as const];
  });
  const foreign = Object.entries(foreignCellRoles(found.roles));
  const lost = found.facts.ledgers[POOLED_SCHEMA] && !found.facts.pooled ? [["schema pooled", "missing"] as const] : [];
  const beside = found.facts.beside.map((name) => [
    `database ${name}`,
    `everybody may connect, and so may each tenant: as its owner, revoke connect on database ${escapeIdentifier(name)} from public`,
  ]);
  return Object.fromEntries([...objects, ...foreign, ...schemas, ...lost, ...beside]);
}

function directoryRow(
  cell: string,
  { host, port, database }: Connection,
  row: TenantRow,
  plans: ReadonlyMap<string, PlanLine>,
): readonly DirectoryRow[] {
  const { slug, id, tier, schema, status } = row;
  if (status === "preparing" || status === "removed") return [];
  const limits = tier === "pooled" ? pooledLimits(row, plans) : undefined;
  return [{ slug, id, tier, cell, host, port, database, schema, status, ...(limits && { limits }) }];
}

/** Missing where the cell was not told all of them, by an `up` of before; or where the line is none, which is told as drift. */
function pooledLimits({ line: text }: TenantRow, plans: ReadonlyMap<string, PlanLine>): DirectoryLimits | undefined {
  const line = tryLine(parseTenantLine, text);
  const plan = line && plans.get(line.plan);
  if (!plan) return undefined;
  const { statementTimeoutMs, workMemMb, idleInTransactionTimeoutMs: idleMs } = sessionLimits(line, plan);
  if (idleMs === undefined) return undefined;
  return {
    statementTimeout: renderDuration(statementTimeoutMs),
    workMem: renderMemory(workMemMb),
    idleInTransactionTimeout: renderDuration(idleMs),
  };
}
