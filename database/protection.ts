/** What protects a schema, as data: who may do what, and which row is whose. The guard makes it so, whatever it finds. */
import { escapeIdentifier, escapeLiteral } from "pg";
import { CELL_ROLES } from "../registry/names";

type Privilege = "select" | "insert" | "update" | "delete";

export interface ProtectedTable {
  readonly name: string;
  /** Role to its exact privileges. Nobody else but the owner has any. */
  readonly privileges: Readonly<Record<string, readonly Privilege[]>>;
}

export interface Policy {
  readonly name: string;
  readonly permissive: boolean;
  /** Role names; `public` for everybody. */
  readonly roles: readonly string[];
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
  /** Row-level security, forced, with exactly these policies, all on `condition`. None: switched off. */
  readonly rowSecurity?: { readonly policies: readonly Policy[]; readonly condition: string };
}

/** Name of what must hold for every row: a restrictive policy in the pooled schema, a check constraint in a tenant's own. */
export const WALL = "tenant_wall";

const WRITE: readonly Privilege[] = ["select", "insert", "update", "delete"];
const APPEND: readonly Privilege[] = ["select", "insert"];
const CURRENT_TENANT = "tenantry.current_tenant()";

/** A schema with the application's tables in it. */
export interface ManagedSchema {
  readonly schema: string;
  /** All tables that have a `tenant_id`, as `readTables` gives them. */
  readonly tables: readonly string[];
  /** Those that the application may add rows to and read, and nothing else. */
  readonly appendOnly: readonly string[];
}

/** The schema of one tenant. */
export interface TenantSchema extends ManagedSchema {
  /** The role that holds the tenant's privileges. */
  readonly role: string;
  readonly tenantId: string;
}

/** The pooled schema: rows of all tenants, told apart by row-level security, which is forced on the owner too. */
export function pooledProtection({ schema, tables, appendOnly }: ManagedSchema): Protection {
  const { owner, app, reader } = CELL_ROLES;
  return {
    schema,
    owner,
    users: [app, reader],
    tables: tables.map((name) => ({
      name,
      privileges: { [app]: appendOnly.includes(name) ? APPEND : WRITE, [reader]: ["select"] },
    })),
    tenantDefault: CURRENT_TENANT,
    rowSecurity: {
      // The same condition in both: text that differs would be evaluated twice. The sub-select makes it once a query.
      condition: `(tenant_id = ( SELECT ${CURRENT_TENANT} AS current_tenant))`,
      policies: [
        { name: "tenant_access", permissive: true, roles: [app, reader] },
        { name: WALL, permissive: false, roles: ["public"] },
      ],
    },
  };
}

/** A schema with one tenant: its role alone has privileges, and a check keeps rows of anybody else out. */
export function schemaProtection({ schema, role, tenantId, tables, appendOnly }: TenantSchema): Protection {
  const literal = `${escapeLiteral(tenantId)}::uuid`;
  return {
    schema,
    owner: CELL_ROLES.owner,
    users: [role],
    tables: tables.map((name) => ({ name, privileges: { [role]: appendOnly.includes(name) ? APPEND : WRITE } })),
    tenantDefault: literal, // as a default, the function would run once a row
    check: `CHECK ((tenant_id = ${literal}))`,
  };
}

/** Schema-qualified and quoted. */
export function qualified(schema: string, name: string): string {
  return `${escapeIdentifier(schema)}.${escapeIdentifier(name)}`;
}

export function roleText(role: string): string {
  return role === "public" ? role : escapeIdentifier(role);
}
