/** What there is to attack in a Vault: its policies, the roles by which pods log in, and whose secrets it keeps. */
import type { CellSecretKind } from "../../registry/names";

export interface VaultTenant {
  /** Also the name of its Kubernetes namespace. */
  readonly slug: string;
  /** Whether some policy says its name: then it may be an exception. */
  readonly named: boolean;
}

/** A role of a Kubernetes auth method. */
export interface PodRole {
  /** Path of the method. */
  readonly method: string;
  readonly accessor: string;
  readonly name: string;
  /** Names, in which a star is any text. */
  readonly namespaces: readonly string[];
  readonly serviceAccounts: readonly string[];
  /** Undefined: any. */
  readonly audience: string | undefined;
  /** Names. */
  readonly policies: readonly string[];
}

/** What the token of the operator may not look at, or the evaluator does not understand. */
export interface VaultGap {
  readonly target: string;
  readonly why: string;
}

export interface VaultEstate {
  /** Path of the KV version 2 engine. */
  readonly mount: string;
  /** Name to HCL: all that the server has, but `root`. */
  readonly policies: ReadonlyMap<string, string>;
  readonly roles: readonly PodRole[];
  /** By slug. */
  readonly tenants: readonly VaultTenant[];
  readonly cells: readonly string[];
  readonly gaps: readonly VaultGap[];
}

export const CELL_SECRETS: readonly CellSecretKind[] = ["app", "context", "migrator", "reader", "pooler"];
/** What the application of pooled tenants reads. */
export const OF_APPLICATION: readonly CellSecretKind[] = ["app", "context"];
