/**
 * Every name that is derived from a tenant, a cell or a stack is made here and nowhere else.
 * Names are injective: two tenants never derive the same one, and no kind of name meets another kind.
 * Slugs have no underscore, so that hyphens can become underscores without two slugs meeting.
 */
import { createHash } from "node:crypto";

/** Lower-case words joined by single hyphens, beginning with a letter. */
export const SLUG = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
export const SLUG_LENGTH = { min: 2, max: 40 } as const;

/** The roles that a cell has once, whoever lives on it. */
export const CELL_ROLES = {
  /** Owns the control schema: keys, logins, tenants, functions. */
  control: "tenantry_control",
  /** Owns the application's tables in every managed schema. */
  owner: "tenantry_owner",
  migrator: "tenantry_migrator",
  /** The pooled application. */
  app: "tenantry_app",
  /** The pooled application's read-only login. */
  reader: "tenantry_reader",
  pooler: "tenantry_pooler",
  /** Owns the look-ups of sign-in, which answer before the tenant is known. */
  signIn: "tenantry_sign_in",
  /** The group that may connect: every tenant is a member. */
  tenants: "tenantry_tenants",
} as const;

export const CONTROL_SCHEMA = "tenantry";
export const POOLED_SCHEMA = "pooled";
/** The admin's name and the database's, unless the stack is configured otherwise. */
export const DEFAULT_ADMIN = "tenantry_admin";
export const DEFAULT_DATABASE = "app";

const underscored = (slug: string) => slug.replaceAll("-", "_");

export const schemaOf = (slug: string): string => `tenant_${underscored(slug)}`;

/** Where an application is that names no schema: one that makes its own tables, on a server of its own. */
export const UNNAMED_SCHEMA = "public";

/** The role that holds a tenant's privileges; nobody logs in with it. */
export const roleOf = (slug: string): string => `role_${underscored(slug)}`;

/** The pair makes rotation free of outages: one is in use while the other is renewed. */
export interface LoginPair {
  readonly a: string;
  readonly b: string;
}

export const loginsOf = (slug: string): LoginPair => ({
  a: `login_${underscored(slug)}_a`,
  b: `login_${underscored(slug)}_b`,
});

/** The logins that a cell has once. */
export const CELL_LOGINS = ["app", "migrator", "reader", "pooler"] as const satisfies readonly CellSecretKind[];
type CellLogin = (typeof CELL_LOGINS)[number];

/** The first one has the privileges, and the second is a member of it. */
export const cellLoginsOf = (kind: CellLogin): LoginPair => ({ a: CELL_ROLES[kind], b: `${CELL_ROLES[kind]}_b` });

/** All roles that a cell has once, both logins of each pair among them. */
export const CELL_ROLE_NAMES: readonly string[] = [
  ...Object.values(CELL_ROLES),
  ...CELL_LOGINS.map((kind) => cellLoginsOf(kind).b),
];

/** The `n`-th createrole role, from 1, under which some 200 tenants' roles are made. */
export const subAdminOf = (n: number): string => `tenantry_admin_${String(n).padStart(3, "0")}`;

const PROBE_PREFIX = "tenantry-probe-";

/**
 * The tenants that `tenantry prove` makes in a cell, attacks and removes. The registry refuses names that begin so. `a` and `b` have
 * rows in the shared tables and `empty` has none there; `c` and `d` have schemas of their own.
 */
export const PROBE_SLUGS = {
  a: `${PROBE_PREFIX}a`,
  b: `${PROBE_PREFIX}b`,
  empty: `${PROBE_PREFIX}empty`,
  c: `${PROBE_PREFIX}c`,
  d: `${PROBE_PREFIX}d`,
} as const;

export const isProbeSlug = (slug: string): boolean => slug.startsWith(PROBE_PREFIX);

/** The key that signs contexts for as long as a cell is attacked. */
export const PROBE_KID = "tenantry-probe";

/** Vault paths are relative to the mount. */
export const tenantSecretPath = (slug: string): string => `tenants/${slug}/db`;

/** Policies in Vault, and the roles of the same names in its Kubernetes method. */
export const VAULT_POLICIES = { tenants: "tenantry-tenants", application: "tenantry-application" } as const;
/** Of the stack's Kubernetes method in Vault, where the stack does not say. */
export const DEFAULT_KUBERNETES_AUTH = { path: "tenantry", audience: "vault", serviceAccount: "default" } as const;
export const DEFAULT_VAULT_MOUNT = "secret";

export type CellSecretKind = "app" | "context" | "migrator" | "reader" | "pooler";
export const cellSecretPath = (cell: string, kind: CellSecretKind): string => `cells/${cell}/${kind}`;

/** Prefix of the tenant's objects in a shared bucket. By id, so that it survives everything else. */
export const filesPrefix = (id: string): string => `t/${id}/`;

/** Environment variable that names another `host:port` to dial for a cell. */
export const dialVariable = (cell: string): string => `TENANTRY_DIAL_${underscored(cell).toUpperCase()}`;

/** UUIDv5 of the slug: the tenant's id unless the registry writes one. */
export function defaultId(slug: string): string {
  const hash = createHash("sha1").update(NAMESPACE).update(slug).digest();
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x50;
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80;
  return hash.toString("hex", 0, 16).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** The namespace of tenant ids, drawn once. Changing it would make every tenant another one. */
const NAMESPACE = Buffer.from("6ff60f3d0c4e4e1ba3f3a1e3d50c9a57", "hex");

/** What the RDS identifiers of all servers of a stack begin with, and those of no other stack. */
export const serverPrefix = (stack: string): string => `${stackPart(stack)}-`;

/** RDS identifier of a cell's server: at most 63 letters, digits and single hyphens. */
export const serverIdentifier = (stack: string, cell: string): string => `${serverPrefix(stack)}${cell}`;

/** RDS identifier of a cell's `n`-th read replica, from 1 to 9. No cell's name begins with a digit, so it meets no server's. */
export const replicaIdentifier = (stack: string, cell: string, n: number): string =>
  `${stackPart(stack)}-${n}-reader-${cell}`;

/** A region's shared tenants, a region's access logs, or one dedicated tenant. */
export type BucketOwner =
  | { readonly region: string }
  | { readonly logsOf: string }
  | { readonly slug: string; readonly id: string };

/** What the names of all buckets of a stack begin with. `prefix` makes them unique in the world. */
export const bucketPrefix = (prefix: string, stack: string): string => `${prefix}-${stackPart(stack)}-`;

/**
 * S3 bucket of a stack. A tenant's carries the beginning of its id too: whoever gets the slug of a tenant that left is somebody
 * else, with another id, and never meets the bucket that stayed behind. Within one prefix names are injective. A name that would
 * be too long for S3 (63) ends in a digest of the whole; such names have exactly 63 characters and whole names fewer, so that
 * the two forms never meet.
 */
export function bucketName(prefix: string, stack: string, owner: BucketOwner): string {
  const name = `${bucketPrefix(prefix, stack)}${bucketSubject(owner)}`;
  return name.length < 63 ? name : `${name.slice(0, 50)}-${digest(name)}`;
}

function bucketSubject(owner: BucketOwner): string {
  if ("slug" in owner) return `tenant-${owner.slug}-${owner.id.slice(0, 8)}`;
  return "logsOf" in owner ? `logs-${owner.logsOf}` : `files-${owner.region}`;
}

/**
 * A stack's name where AWS allows neither dots nor endless length: the name itself when it is a short word, else `s` and
 * twelve digits of its digest. Neither form has a hyphen, so that the first hyphen of a derived name ends it.
 */
function stackPart(stack: string): string {
  return /^[a-z][a-z0-9]{0,11}$/.test(stack) ? stack : `s${digest(stack)}`;
}

const digest = (text: string) => createHash("sha256").update(text).digest("hex").slice(0, 12);
