/**
 * The guard: SQL text that makes a schema's protection exactly what `protection.ts` says. It needs an admin that is a member
 * of the owner role with its privileges inherited, and one transaction (a text that is sent at once is one).
 *
 * - `fresh`: for tables that were made in this transaction under the owner role, where nothing can be wrong yet. Cheap.
 * - else: for a schema in any state. It takes away what should not be, then does those of the fresh steps that are missing.
 *   Where all is right, no table is locked. Views, functions and triggers that are not Tenantry's stay as they are: they may be
 *   wanted, and the shape reports them.
 */
import { escapeIdentifier, escapeLiteral } from "pg";
import { clearing } from "./guard-clearing";
import { freshStatements, repairSteps } from "./guard-steps";
import {
  type PooledSchema,
  type Protection,
  pooledProtection,
  schemaProtection,
  type TenantSchema,
} from "./protection";

export interface GuardMode {
  readonly fresh: boolean;
}

export function renderPooledGuard(pooled: PooledSchema & GuardMode): string {
  return render(pooledProtection(pooled), pooled);
}

export function renderSchemaGuard(tenant: TenantSchema & GuardMode): string {
  return render(schemaProtection(tenant), tenant);
}

function render(protection: Protection, { fresh }: GuardMode): string {
  if (!fresh) return repair(protection);
  return freshStatements(protection)
    .map((sql) => `${sql};\n`)
    .join("");
}

/**
 * One `do` block. It finds the relations of the schema by their dependency on it, which has an index: `pg_class` has none by
 * schema, and reading it whole would make every repair slower with every tenant. It acts as the session's own role, for the owner role cannot take back what belongs to somebody else, and
 * compares under a search path of `pg_catalog` alone, so that what PostgreSQL spells back is qualified in full and an operator
 * of the same name elsewhere cannot pass for ours. Role and search path are then again what they were.
 */
function repair(protection: Protection): string {
  const missing = repairSteps(protection).map(({ sql, unless }) =>
    unless === undefined ? `${sql};` : `if not ${unless} then ${sql}; end if;`,
  );
  const body = `
declare
  target constant regnamespace := ${escapeLiteral(escapeIdentifier(protection.schema))};
  members constant oid[] := array(
    select objid from pg_catalog.pg_depend
    where refclassid = 'pg_catalog.pg_namespace'::regclass and refobjid = target and classid = 'pg_catalog.pg_class'::regclass);
  rightful constant regrole := ${escapeLiteral(escapeIdentifier(protection.owner))};
  caller_path constant text := current_setting('search_path');
  caller_role constant text := current_setting('role');
  wrong record;
begin
  perform set_config('search_path', 'pg_catalog', true), set_config('role', 'none', true);
${clearing(protection)}
  ${missing.join("\n  ")}
  perform set_config('search_path', caller_path, true), set_config('role', caller_role, true);
end`;
  return `do ${escapeLiteral(body)};\n`;
}
