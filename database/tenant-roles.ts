/** The roles of a schema or dedicated tenant, as they should be. Pure. */
import { CELL_ROLES, UNNAMED_SCHEMA } from "../registry/names";
import { renderDuration, renderMemory } from "../registry/units";
import type { RoleSpec } from "./role-facts";
import type { Access, RowStatus, TenantSpec } from "./tenant-spec";

/** The comment that says whose a role or schema is. What exists without it is never touched. */
export const markOf = (id: string): string => `tenantry ${id}`;

/**
 * The privileges' role first, for the logins are made members of it. `logins`: one, and during a rotation the other of the
 * pair too.
 */
export function tenantRoles(
  spec: TenantSpec,
  access: Access,
  status: RowStatus,
  logins: readonly string[],
): readonly RoleSpec[] {
  const mark = markOf(spec.id);
  const settings = loginSettings(spec, access);
  return [
    { name: access.role, login: false, limit: -1, settings: {}, memberOf: [CELL_ROLES.tenants], members: logins, mark },
    ...logins.map((name) => ({
      name,
      login: status === "active",
      limit: access.connections ?? -1,
      settings,
      memberOf: [access.role],
      members: [],
      mark,
    })),
  ];
}

/** An application with its own tables finds the cell's extensions behind them: they are in `public`, where no tenant writes. */
function searchPath({ tables, schema }: TenantSpec): string {
  return tables === "own" && schema !== UNNAMED_SCHEMA ? `${schema}, ${UNNAMED_SCHEMA}` : schema;
}

/** Spelled as `pg_db_role_setting` keeps them. Schema and role names are made of what needs no quotes. */
function loginSettings(spec: TenantSpec, access: Access): Readonly<Record<string, string>> {
  return {
    search_path: searchPath(spec),
    statement_timeout: renderDuration(access.statementTimeoutMs),
    work_mem: renderMemory(access.workMemMb),
    // What the application's own migrations make must belong to the role that outlives a rotated login.
    ...(spec.tables === "own" ? { role: access.role } : {}),
  };
}
