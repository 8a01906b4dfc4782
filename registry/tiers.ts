/** What each tier means for the registry, in one table. */
import type { Tier } from "./types";

export interface TierTraits {
  /** Lives in a shared cell, which the tenant names. Otherwise it is a cell of its own, in the region that it names. */
  readonly shared: boolean;
  /** Has logins of its own, whose connections can be limited. */
  readonly ownLogins: boolean;
  /** Connections where neither tenant nor plan says: whoever shares a server must have a limit. */
  readonly connections?: number;
}

export const TIER_TRAITS: Readonly<Record<Tier, TierTraits>> = {
  pooled: { shared: true, ownLogins: false },
  schema: { shared: true, ownLogins: true, connections: 10 },
  dedicated: { shared: false, ownLogins: true },
};

/** Where a key of a tenant or plan means something, and what to write where it does not. */
export interface Fit {
  readonly tiers: readonly Tier[];
  readonly instead: string;
}

const SERVER: Fit = { tiers: ["dedicated"], instead: "remove it: a shared server is described by its cell" };

export const SERVER_FITS = {
  instanceClass: SERVER,
  diskGb: SERVER,
  postgres: SERVER,
  extensions: SERVER,
  replicas: SERVER,
  replicaClass: SERVER,
  allow: SERVER,
  backup: SERVER,
};

export const PLACE_FITS = {
  cell: { tiers: ["pooled", "schema"], instead: "a dedicated tenant is a cell of its own; write region instead" },
  region: { tiers: ["dedicated"], instead: "remove it: the region is the cell's" },
} satisfies Record<string, Fit>;

export const CONNECTIONS_FIT: Fit = {
  tiers: ["schema", "dedicated"],
  instead: "remove it: pooled tenants share the cell's pooledConnections",
};

export const KEY_FIT: Fit = {
  tiers: ["dedicated"],
  instead: "remove it, or give the tenant a server with tier: dedicated",
};

export const TABLES_FIT: Fit = { tiers: ["dedicated"], instead: "write it on the cell or the plan" };
