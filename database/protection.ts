/** What protects a schema, as data: who may do what, and which row is whose. The guard makes it so, whatever it finds. */
import { escapeIdentifier, escapeLiteral } from "pg";
import { CELL_ROLES } from "../registry/names";
import type { Quota } from "./directives";
import { columnsOf } from "./look-up";
import type { TypedLookUp } from "./look-up-types";

type Privilege = "select" | "insert" | "update" | "delete";

export interface ProtectedTable {
  readonly name: string;
  /** Role to its exact privileges. Nobody else but the owner has any. */
  readonly privileges: Readonly<Record<string, readonly Privilege[]>>;
  /** Role to the columns that it may read, and no others. */
  readonly columns?: Readonly<Record<string, readonly string[]>>;
  /** All that there may be on the table. */
  readonly policies: readonly Policy[];
}

export interface Policy {
  readonly name: string;
  readonly permissive: boolean;
  readonly for: "all" | "select";
  /** Role names; `public` for everybody. */
  readonly roles: readonly string[];
  /** Which rows may be read and, for all, written; spelled as PostgreSQL spells it back. */
  readonly condition: string;
}

export interface Protection {
  readonly schema: string;
  readonly owner: string;
  /** Roles that may use the schema. */
  readonly users: readonly string[];
  readonly tables: readonly ProtectedTable[];
  /** Default of `tenant_id`, spelled as PostgreSQL spells it back. */
  readonly tenantDefault: string;
  /** Check constraint `tenant_wall` on every table, spelled likewise. */
  readonly check?: string;
  /** Kept by triggers, which are part of the guard. */
  readonly quotas: readonly Quota[];
  /** Row-level security: forced on every table, or off. */
  readonly rowSecurity: boolean;
  /** Functions that answer before the tenant is known; the schema has no others of their owner or names. */
  readonly lookUps: readonly TypedLookUp[];
}

/** Name of what must hold for every row: a restrictive policy in the pooled schema, a check constraint in a tenant's own. */
export const WALL = "tenant_wall";

const WRITE: readonly Privilege[] = ["select", "insert", "update", "delete"];
const APPEND: readonly Privilege[] = ["select", "insert"];
const CURRENT_TENANT = "tenantry.current_tenant()";

/** A schema with the application's tables in it. */
interface ManagedSchema {
  readonly schema: string;
  /** All tables that have a `tenant_id`, as `readTables` gives them. */
  readonly tables: readonly string[];
  /** Those that the application may add rows to and read, and nothing else. */
  readonly appendOnly: readonly string[];
  readonly quotas: readonly Quota[];
}

/** The schema of all pooled tenants. */
export interface PooledSchema extends ManagedSchema {
  readonly lookUps: readonly TypedLookUp[];
}

/** The schema of one tenant. */
export interface TenantSchema extends ManagedSchema {
  /** The role that holds the tenant's privileges. */
  readonly role: string;
  readonly tenantId: string;
  /** True while the tenant is not active: its role keeps its privileges on tables, but cannot reach them. @default false */
  readonly closed?: boolean;
}

/** The pooled schema: rows of all tenants, told apart by row-level security, which is forced on the owner too. */
export function pooledProtection({ schema, tables, appendOnly, quotas, lookUps }: PooledSchema): Protection {
  const { owner, app, reader, signIn } = CELL_ROLES;
  return {
    schema,
    owner,
    users: [app, reader, ...(lookUps.length > 0 ? [signIn] : [])],
    tables: tables.map((name) => {
      const privileges = { [app]: appendOnly.includes(name) ? APPEND : WRITE, [reader]: ["select"] } as const;
      const columns = lookUps.filter(({ table }) => table === name).flatMap(columnsOf);
      return columns.length === 0
        ? { name, privileges, policies: pooledPolicies(["public"]) }
        : { name, privileges, columns: { [signIn]: [...new Set(columns)] }, policies: SEARCHED };
    }),
    tenantDefault: CURRENT_TENANT,
    rowSecurity: true,
    quotas,
    lookUps,
  };
}

/** The same condition in both: text that differs would be evaluated twice. The sub-select makes it once a query. */
function pooledPolicies(walled: readonly string[]): readonly Policy[] {
  const condition = `(tenant_id = ( SELECT ${CURRENT_TENANT} AS current_tenant))`;
  const { app, reader } = CELL_ROLES;
  return [
    { name: "tenant_access", permissive: true, for: "all", roles: [app, reader], condition },
    { name: WALL, permissive: false, for: "all", roles: walled, condition },
  ];
}

/**
 * Of a table that sign-in searches. The wall stands before everybody who has privileges on it, by name, and not before the owner of
 * the look-ups: nobody is that role but the admin.
 */
const SEARCHED: readonly Policy[] = [
  ...pooledPolicies([CELL_ROLES.app, CELL_ROLES.owner, CELL_ROLES.reader]),
  { name: "tenant_sign_in", permissive: true, for: "select", roles: [CELL_ROLES.signIn], condition: "true" },
];

/** A schema with one tenant: its role alone has privileges, and a check keeps rows of anybody else out. */
export function schemaProtection({
  schema,
  role,
  tenantId,
  tables,
  appendOnly,
  quotas,
  closed = false,
}: TenantSchema): Protection {
  const literal = `${escapeLiteral(tenantId)}::uuid`;
  return {
    schema,
    owner: CELL_ROLES.owner,
    users: closed ? [] : [role],
    tables: tables.map((name) => ({
      name,
      privileges: { [role]: appendOnly.includes(name) ? APPEND : WRITE },
      policies: [],
    })),
    tenantDefault: literal, // as a default, the function would run once a row
    quotas,
    check: `CHECK ((tenant_id = ${literal}))`,
    rowSecurity: false,
    lookUps: [],
  };
}

/** Schema-qualified and quoted. */
export function qualified(schema: string, name: string): string {
  return `${escapeIdentifier(schema)}.${escapeIdentifier(name)}`;
}

export function roleText(role: string): string {
  return role === "public" ? role : escapeIdentifier(role);
}
