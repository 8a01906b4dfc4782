/** How full a server is: connections against what it has, and what their queries may use of its memory. */
import { maxConnections, memoryMb } from "./instance-class";
import type { ServerSize, SharedCell, Tenant, Tier } from "./types";

/** As much of a tenant as its cell must make room for. */
export interface Occupant {
  readonly tenant: Pick<Tenant, "status" | "limits">;
  readonly tier: Tier;
}

export interface Load {
  readonly connections: { readonly used: number; readonly of: number };
  readonly memoryMb: { readonly used: number; readonly of: number };
  /** The fuller of the two: 1 is full. */
  readonly share: number;
}

export const WARN_AT = 0.8;
export const REFUSE_AT = 1;

/** For the admin, the reconciler, migrations, and what PostgreSQL and RDS reserve. */
const RESERVED_CONNECTIONS = 20;
/** A quarter of the memory is PostgreSQL's buffers, a quarter the system's cache. */
const QUERY_MEMORY = 0.5;

/** How many times what is promised may exceed what a server has, unless its cell says: nobody uses all at the same moment. */
export const DEFAULT_OVERCOMMIT = 4;

/**
 * Pooled tenants count once, by the cell's pooled connections. What schema tenants may open, and the memory of a query on
 * every connection, is divided by the cell's overcommit: they do not all work at the same moment.
 */
export function loadOf(cell: SharedCell, occupants: readonly Occupant[]): Load {
  const staying = occupants.filter(({ tenant }) => tenant.status !== "offboarding");
  const pooled = staying.filter(({ tier }) => tier === "pooled");
  const separate = staying.filter(({ tier }) => tier !== "pooled").map(({ tenant }) => tenant.limits);
  const pooledConnections = cell.tables === "own" ? 0 : cell.pooledConnections;
  const pooledMemMb = pooled.reduce((most, { tenant }) => Math.max(most, tenant.limits.workMemMb), 0);

  const promised = sum(separate.map(({ connections = 0 }) => connections));
  const promisedMb =
    pooledMemMb * pooledConnections + sum(separate.map(({ connections = 0, workMemMb }) => connections * workMemMb));
  return load(cell.server, pooledConnections + Math.ceil(promised / cell.overcommit), promisedMb / cell.overcommit);
}

/**
 * A tenant's own server: all its connections must fit, and the memory of their queries with the usual overcommit. A tenant
 * without a limit of connections was promised none, and is held by the server alone.
 */
export function loadOfOwn(server: ServerSize, { connections = 0, workMemMb }: Tenant["limits"]): Load {
  return load(server, connections, (connections * workMemMb) / DEFAULT_OVERCOMMIT);
}

function load({ instanceClass }: ServerSize, used: number, usedMb: number): Load {
  const connections = { used, of: Math.max(1, maxConnections(instanceClass) - RESERVED_CONNECTIONS) };
  const memory = { used: Math.ceil(usedMb), of: Math.floor(memoryMb(instanceClass) * QUERY_MEMORY) };
  return { connections, memoryMb: memory, share: Math.max(connections.used / connections.of, memory.used / memory.of) };
}

/** `212 of 300 connections (71 %), 3200 of 16384 MB for queries (20 %)` */
export function renderLoad({ connections, memoryMb: memory }: Load): string {
  const percent = ({ used, of }: { used: number; of: number }) => `${Math.round((100 * used) / of)} %`;
  return `${connections.used} of ${connections.of} connections (${percent(connections)}), ${memory.used} of ${memory.of} MB for queries (${percent(memory)})`;
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);
