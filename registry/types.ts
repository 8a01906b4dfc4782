/** The typed registry: what the YAML files in `tenants/` say, after every rule has passed. Pure data. */

export const TIERS = ["pooled", "schema", "dedicated"] as const;
/** Where a tenant's data lives: rows in shared tables, a schema of its own, a server of its own. */
export type Tier = (typeof TIERS)[number];

export const STATUSES = ["active", "suspended", "offboarding"] as const;
export type Status = (typeof STATUSES)[number];

export const CELL_STATUSES = ["active", "retiring"] as const;
/** A shared cell that is retiring takes no more tenants and may be removed next. */
type CellStatus = (typeof CELL_STATUSES)[number];

export const ALLOWANCES = ["reboot", "fewerReplicas"] as const;
/** What a change of the registry may do to a server only where it says so: restart it, or take read replicas away. */
export type Allowance = (typeof ALLOWANCES)[number];

export const TABLES = ["managed", "own"] as const;
/** Who makes the application's tables: Tenantry from `sql/tenant`, or the application's own migrations. */
export type Tables = (typeof TABLES)[number];

/** What one tenant may use. A limit that is missing is no limit. */
export interface Limits {
  readonly workMemMb: number;
  readonly statementTimeoutMs: number;
  /** How long a transaction may do nothing. */
  readonly idleInTransactionTimeoutMs: number;
  /** How long a transaction may last: old ones keep the whole server from clearing up. */
  readonly transactionTimeoutMs: number;
  /** Logins of a schema or dedicated tenant together. Pooled tenants share the cell's pool. */
  readonly connections?: number;
  /** By quota name, as declared in the table files. */
  readonly quotas: Readonly<Record<string, number>>;
}

export interface Backup {
  /** Days that daily backups are kept. Missing: the stack's default. */
  readonly retentionDays?: number;
  /** A second region that receives a copy of each backup. */
  readonly copyTo?: string;
  /** KMS key in that region. Needed when the server has a key of its own. */
  readonly copyKey?: string;
  /** AWS Backup can restore to any second of the last 35 days at most. @default false */
  readonly continuous?: boolean;
}

/** The size of a server. */
export interface ServerSize {
  readonly instanceClass: string;
  readonly diskGb: number;
  /** Read replicas beside it, 0 to 5. @default 0 */
  readonly replicas?: number;
  /** Class of the replicas. @default that of the server */
  readonly replicaClass?: string;
}

export interface Plan {
  readonly name: string;
  readonly tier: Tier;
  readonly limits: Limits;
  readonly backup: Backup;
  readonly tables: Tables;
  /** Size of the tenant's server: dedicated plans only. */
  readonly server?: ServerSize;
  /** The only regions for data and backups; missing: any. */
  readonly residency?: readonly string[];
}

/** A shared server: pooled and schema tenants live on it. */
export interface SharedCell {
  readonly name: string;
  readonly region: string;
  readonly server: ServerSize;
  /** PostgreSQL major version: 16, 17 or 18. */
  readonly postgres: number;
  readonly tables: Tables;
  /** Connections of the pooled application together, 100 unless written. */
  readonly pooledConnections: number;
  /** How many times the declared connections of schema tenants may exceed the server's, 4 unless written. */
  readonly overcommit: number;
  readonly extensions: readonly string[];
  readonly backup: Backup;
  readonly status: CellStatus;
  readonly allow: readonly Allowance[];
}

/** A move that has not happened yet: the tenant still lives there. */
export interface Source {
  readonly tier: Tier;
  /** The shared cell, or missing for the tenant's own server. */
  readonly cell?: string;
  /** Region of the tenant's own server; a shared cell has its own. */
  readonly region?: string;
}

export interface Tenant {
  readonly slug: string;
  /** UUID; UUIDv5 of the slug unless written. */
  readonly id: string;
  readonly plan: string;
  readonly tier: Tier;
  readonly status: Status;
  /** The cell: a shared one, or the slug itself for a dedicated tenant, which is a cell of one. */
  readonly cell: string;
  readonly region: string;
  readonly limits: Limits;
  readonly tables: Tables;
  readonly backup: Backup;
  /** What the tenant itself overrides of its plan: `workMem`, `statementTimeout`, `idleInTransactionTimeout`, `connections`, `quotas.topics`. */
  readonly overrides: readonly string[];
  /** Size and version of its own server: tenants only that are, or move from being, dedicated. */
  readonly server?: ServerSize & { readonly postgres: number; readonly extensions: readonly string[] };
  /** What a change may do to that server. @default nothing */
  readonly allow?: readonly Allowance[];
  /** ARN of the customer's KMS key: dedicated tenants only. */
  readonly key?: string;
  /** The only regions for data and backups; missing: any. */
  readonly residency?: readonly string[];
  readonly from?: Source;
}

export interface Registry {
  readonly plans: ReadonlyMap<string, Plan>;
  readonly cells: ReadonlyMap<string, SharedCell>;
  readonly tenants: ReadonlyMap<string, Tenant>;
}

/** A cell with everything that is derived for it. */
export interface CellPlacement {
  readonly name: string;
  readonly kind: "shared" | "dedicated";
  readonly region: string;
  readonly server: ServerSize;
  readonly postgres: number;
  readonly extensions: readonly string[];
  readonly key?: string;
  readonly backup: Backup;
  /** The only regions for data and backups of a dedicated cell's tenant; missing: any. */
  readonly residency?: readonly string[];
  /** What a change may do to the server. @default nothing */
  readonly allow?: readonly Allowance[];
  /** True while a shared cell is `retiring`, or the one tenant of a dedicated cell `offboarding`: the fences come down. */
  readonly leaving: boolean;
  /** Slug to canonical line, of the tenants that live here or are prepared here. */
  readonly lines: Readonly<Record<string, string>>;
}

/** The whole estate of one stack, derived from the registry. */
export interface Estate {
  readonly cells: readonly CellPlacement[];
  /** Plan name to canonical line. */
  readonly plans: Readonly<Record<string, string>>;
  /** Regions with at least one cell, sorted. */
  readonly regions: readonly string[];
  /** Slug to roster line (`registry/lines.ts`) of all tenants: what tells a move from a removal plus an addition. */
  readonly roster: Readonly<Record<string, string>>;
}

/** Where the files of the tenants of some cells are: those of a region's shared cells, or of one dedicated tenant. No secrets. */
export interface FilesPlace {
  readonly region: string;
  /** As `cell` of the directory names them. */
  readonly cells: readonly string[];
  readonly bucket: string;
  /** The role whose sessions reach one tenant's objects each; missing where the stack names no broker. */
  readonly sessionRoleArn?: string;
}

/** Where something listens. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** What a transaction of a pooled tenant may use, each as PostgreSQL takes it: `30s`, `64MB`. */
export interface SessionLimits {
  readonly statementTimeout: string;
  readonly workMem: string;
  readonly idleInTransactionTimeout: string;
}

/** Where a tenant really is, as its cell reports it. No secrets. */
export interface DirectoryRow {
  readonly slug: string;
  readonly id: string;
  readonly tier: Tier;
  readonly cell: string;
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly schema: string;
  readonly status: Status;
  /** Read replicas of its cell, which follow the cell by a moment. @default none */
  readonly readers?: readonly Endpoint[];
  /** Of pooled tenants: the client sets them for each transaction. The logins of others carry theirs. */
  readonly limits?: SessionLimits;
}
