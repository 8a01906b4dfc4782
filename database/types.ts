/** What the database rooms exchange. */
import type { DirectoryRow } from "../registry/types";

/** How to reach a cell's database as its RDS-like admin. */
export interface Connection {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly username: string;
  readonly password: string;
  /** `verify-full` checks the server's certificate and name; `disable` is for a loopback server only. */
  readonly sslmode: "verify-full" | "disable";
  /** PEM of the certificate authorities to trust with `verify-full`; the system's own unless given. */
  readonly ca?: string;
}

export interface Secret {
  readonly data: Readonly<Record<string, string>>;
  /** KV v2 version, to pass on as `cas`. */
  readonly version: number;
}

/** Where secrets are kept: KV v2 with check-and-set. Paths are relative to the mount: `tenants/<slug>/db`. */
export interface SecretStore {
  read(path: string): Promise<Secret | undefined>;
  /** Writes only when the current version is `cas` (0: nothing there yet). Throws `CasMismatch` otherwise. */
  write(path: string, data: Readonly<Record<string, string>>, cas: number): Promise<number>;
  /** Removes all versions. */
  remove(path: string): Promise<void>;
}

/** What a cell's database should be. */
export interface DesiredCell {
  readonly cell: string;
  /** Slug to canonical line. */
  readonly tenants: Readonly<Record<string, string>>;
  /** Plan name to canonical line. */
  readonly plans: Readonly<Record<string, string>>;
}

export interface Failure {
  /** Tenant slug, or `cell` for what concerns the shared objects. */
  readonly subject: string;
  /** One line: what is wrong and what to do. */
  readonly reason: string;
}

/** What a run left behind, read back from the database. */
export interface CellState {
  readonly directory: readonly DirectoryRow[];
  /** Slug to the live line; a tenant that drifted has ` drift: ...` at the end of its line. */
  readonly tenants: Readonly<Record<string, string>>;
  /** What differs in the objects that tenants share, by object name; empty when all is as it should be. */
  readonly shared: Readonly<Record<string, string>>;
}

export interface Outcome {
  readonly state: CellState;
  /** Tenants that could not be done; the others are. */
  readonly failures: readonly Failure[];
}
