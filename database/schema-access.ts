/**
 * Whether a tenant's role may use its schema: while the tenant is active, and no longer. Sessions on the server are ended, but not
 * those on its read replicas, which no run reaches: what is taken away here reaches them with the next second's changes. Pure.
 */
import { escapeIdentifier } from "pg";
import { CELL_ROLES } from "../registry/names";
import { markOf } from "./tenant-roles";
import type { House } from "./tenant-rows";
import type { Access, RowStatus, TenantSpec } from "./tenant-spec";

/** One privilege on the schema that is there or missing, and the statement, of the schema's owner, that puts it right. */
export interface UsageFault {
  readonly text: string;
  readonly sql: string;
}

/** Only the active use their schema; a `preparing` one is filled by others. */
export const isClosed = (status: RowStatus): boolean => status !== "active";

/** Everything by which the tenant's logins could still use the schema, or that the role cannot use it although it should. */
export function usageFaults(
  spec: TenantSpec,
  access: Access,
  status: RowStatus,
  house: House | undefined,
): readonly UsageFault[] {
  if (!house?.present) return [];
  const { role, logins } = access;
  const { schema, tables, id } = spec;
  if (isClosed(status)) {
    // An owner may have let others in as well; in a managed schema the guard sees to them.
    const others = tables === "own" ? [logins.a, logins.b, CELL_ROLES.tenants, "public"] : [];
    return [role, ...others]
      .filter((user) => house.users.includes(user))
      .map((user) => ({
        text: `schema ${schema}: open to ${user}, though the tenant is ${status}`,
        sql: `revoke usage on schema ${escapeIdentifier(schema)} from ${roleText(user)}`,
      }));
  }
  if (house.users.includes(role) || house.mark !== markOf(id)) return [];
  return [{ text: `schema ${schema}: usage missing for ${role}`, sql: renderOpen(schema, role) }];
}

/** Ends what a closed tenant may do in a schema that it owns and that was just made. */
export const renderClose = (schema: string, role: string): string =>
  `revoke usage on schema ${escapeIdentifier(schema)} from ${escapeIdentifier(role)}`;

const renderOpen = (schema: string, role: string): string =>
  `grant usage on schema ${escapeIdentifier(schema)} to ${escapeIdentifier(role)}`;

const roleText = (user: string): string => (user === "public" ? user : escapeIdentifier(user));
