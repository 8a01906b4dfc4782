/** What `connect` is told. */
import type { Duplex } from "node:stream";
import type { ConnectionOptions } from "node:tls";
import type { DirectorySource } from "./directory";
import { OptionRefused } from "./errors";
import type { Secrets } from "./secrets";

export interface ConnectOptions {
  readonly directory: DirectorySource;
  readonly secrets: Secrets;
  /** From this age on the directory is read again before it is used; from half of it, while it is used. @default 60000 */
  readonly directoryMaxAgeMs?: number;
  /** The same for secrets. Keep it shorter than the time that a rotation lets old logins live. @default 300000 */
  readonly secretMaxAgeMs?: number;
  /** How long a transaction of a pooled tenant may last at least; a quarter later its statements are refused. @default 120 */
  readonly contextSeconds?: number;
  /** Connections of one process to each cell, for all its pooled tenants together. @default 10 */
  readonly connectionsPerCell?: number;
  /** Connections of one process for each tenant with a login of its own. @default 2 */
  readonly connectionsPerTenant?: number;
  /** Tenants with a login of their own that have a pool at once; beyond, the longest unused one is closed. @default 50 */
  readonly tenantPools?: number;
  /** An idle connection is closed after this time. @default 10000 */
  readonly idleMs?: number;
  /** How long to wait for a connection, be it a new one or one that is in use. @default 5000 */
  readonly connectTimeoutMs?: number;
  /** Texts given to `query` that are prepared on each connection; 0 prepares nothing. @default 50, and 0 with a pooler */
  readonly namedStatements?: number;
  /** Shown in `pg_stat_activity`. @default "tenantry" */
  readonly applicationName?: string;
  /** PEM of the authorities that servers are trusted by. @default those of Node */
  readonly ca?: string;
  /** Where a cell's pooler is, for connections that do not go to the server itself. */
  readonly pooler?: (cell: string) => PoolerAddress | undefined;
  /** A socket that connects elsewhere, such as to a tunnel, whatever it is told; TLS still verifies the server's own name. */
  readonly socket?: (cell: string) => Duplex | undefined;
  /** Hears what `raise notice` and warnings of the server say. */
  readonly onNotice?: (notice: {
    readonly severity?: string | undefined;
    readonly message?: string | undefined;
  }) => void;
  /** Hears what is survived: a directory or secret that could not be read again, an idle connection that broke. @default process.emitWarning */
  readonly onWarning?: (warning: Error) => void;
}

export interface PoolerAddress {
  readonly host: string;
  readonly port: number;
  /** How the pooler is reached; false for plain text, as to a sidecar. @default as the secret's `sslmode` says */
  readonly tls?: false | ConnectionOptions;
}

/** The same with every default in place. */
export type Settings = Required<Omit<ConnectOptions, Optional>> & Pick<ConnectOptions, Optional>;
type Optional = "ca" | "pooler" | "socket" | "onNotice";

/** Least values of what counts something. */
const LEAST = {
  directoryMaxAgeMs: 1,
  secretMaxAgeMs: 1,
  contextSeconds: 1,
  connectionsPerCell: 1,
  connectionsPerTenant: 1,
  tenantPools: 1,
  idleMs: 0,
  connectTimeoutMs: 1,
  namedStatements: 0,
} as const;

/** @throws OptionRefused */
export function settingsOf(options: ConnectOptions): Settings {
  const settings: Settings = {
    directoryMaxAgeMs: 60_000,
    secretMaxAgeMs: 300_000,
    contextSeconds: 120,
    connectionsPerCell: 10,
    connectionsPerTenant: 2,
    tenantPools: 50,
    idleMs: 10_000,
    connectTimeoutMs: 5_000,
    namedStatements: options.pooler ? 0 : 50,
    applicationName: "tenantry",
    onWarning: (warning) => process.emitWarning(warning.message, "TenantryWarning"),
    ...options,
  };
  for (const [name, least] of Object.entries(LEAST) as [keyof typeof LEAST, number][]) {
    const value = settings[name];
    if (!(Number.isFinite(value) && value >= least)) {
      throw new OptionRefused(`${name} is ${value}; it must be a number, ${least} or more`);
    }
  }
  return settings;
}
