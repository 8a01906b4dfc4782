/** A cell to attack, and what is found in it. */
import type { Client } from "pg";
import type { Connection, SecretStore } from "../../database/types";
import type { Attempt } from "../probe";
import type { Attacker } from "./attackers";
import type { Catalog } from "./catalog";
import type { ProbeTenants } from "./probe-tenants";
import type { FilledTable } from "./rows";
import type { Sessions } from "./sessions";

export interface ProvedCell {
  readonly cell: string;
  readonly connection: Connection;
  /** Holds the logins of the cell and of its tenants; it is only read. */
  readonly secrets: Pick<SecretStore, "read">;
  /** Folder with `tenant/`. */
  readonly sqlDir: string;
  /** How long to wait for another run, 10 s unless given. */
  readonly lockTimeoutMs?: number;
  /** Ends the attacks; what was made for them is removed all the same. */
  readonly signal?: AbortSignal;
}

/** A cell in which everything is ready for attacks. */
export interface Stage {
  readonly proved: ProvedCell;
  /** A session of the RDS-like admin: it looks at catalogs, and attacks nothing. */
  readonly admin: Client;
  readonly probes: ProbeTenants;
  readonly filled: readonly FilledTable[];
  readonly attackers: readonly Attacker[];
  /** Logins that could not be had. */
  readonly missing: readonly Attempt[];
}

/** What the probes of the SQL layer attack. */
export interface SqlTarget extends Stage {
  readonly cell: string;
  readonly sessions: Sessions;
  /** Read when the attacks begin. */
  readonly catalog: Catalog;
}
