/** The roles of a schema or dedicated tenant, as they should be. Pure. */
import { CELL_ROLES, UNNAMED_SCHEMA } from "../registry/names";
import { renderDuration, renderMemory } from "../registry/units";
import type { RoleSpec } from "./role-facts";
import type { PairInUse } from "./rotation";
import type { Access, RowStatus, TenantSpec } from "./tenant-spec";

/** The comment that says whose a role or schema is. What exists without it is never touched. */
export const markOf = (id: string): string => `tenantry ${id}`;

/** What decides on the roles beside the tenant's line. */
interface Circumstances {
  readonly status: RowStatus;
  /** Of a pair that was rotated both are there, and mostly one is closed. */
  readonly pair: Pick<PairInUse, "logins" | "open">;
  /** Version of the server. */
  readonly major: number;
}

/** The privileges' role first, for the logins are made members of it. */
export function tenantRoles(
  spec: TenantSpec,
  access: Access,
  { status, pair: { logins, open }, major }: Circumstances,
): readonly RoleSpec[] {
  const mark = markOf(spec.id);
  const settings = loginSettings(spec, access, major);
  return [
    { name: access.role, login: false, limit: -1, settings: {}, memberOf: [CELL_ROLES.tenants], members: logins, mark },
    ...logins.map((name) => ({
      name,
      login: status === "active" && open.includes(name),
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

/** The first major version that knows the setting. */
const TRANSACTION_TIMEOUT_FROM = 17;

/** Spelled as `pg_db_role_setting` keeps them. Schema and role names are made of what needs no quotes. */
function loginSettings(spec: TenantSpec, access: Access, major: number): Readonly<Record<string, string>> {
  const { idleInTransactionTimeoutMs: idle, transactionTimeoutMs: whole } = access;
  return {
    search_path: searchPath(spec),
    ...(idle === undefined ? {} : { idle_in_transaction_session_timeout: renderDuration(idle) }),
    ...(whole === undefined || major < TRANSACTION_TIMEOUT_FROM ? {} : { transaction_timeout: renderDuration(whole) }),
    statement_timeout: renderDuration(access.statementTimeoutMs),
    work_mem: renderMemory(access.workMemMb),
    // What the application's own migrations make must belong to the role that outlives a rotated login.
    ...(spec.tables === "own" ? { role: access.role } : {}),
  };
}
