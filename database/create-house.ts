/** A schema or dedicated tenant from nothing: one text, one transaction, one round trip. */
import { escapeIdentifier, escapeLiteral } from "pg";
import { CELL_ROLES } from "../registry/names";
import { renderSchemaGuard } from "./guard";
import { renderOwnSchema } from "./own-schema";
import type { ManagedTables } from "./reference";
import { isClosed, renderClose } from "./schema-access";
import { renderFiles, renderLedger, renderSchema } from "./schema-text";
import type { Housed } from "./steps";
import { markOf } from "./tenant-roles";
import { renderRow } from "./tenant-row-text";

export interface AppliedSecret {
  readonly login: string;
  readonly fingerprint: string;
  readonly endpoint: string;
  readonly verifier: string;
}

/**
 * Nothing of the tenant may exist: whatever does makes the text fail, and nothing is adopted. Values are literals, for a text
 * of several statements takes no parameters.
 */
export function renderNewHouse(
  { spec, access, inspection }: Housed,
  adminRole: string,
  managed: ManagedTables,
  secret: AppliedSecret | undefined,
): string {
  const { logins, status } = inspection;
  const closed = isClosed(status);
  return [
    "begin",
    `set local role ${escapeIdentifier(adminRole)}`,
    ...inspection.roles.map(({ sql }) => sql),
    ...(secret ? [`alter role ${escapeIdentifier(secret.login)} password ${escapeLiteral(secret.verifier)}`] : []),
    ...(spec.tables === "own" ? renderOwnHouse() : renderManaged()),
    "set local role none",
    renderRow({ spec, status, logins, adminRole, ...(secret ? { secret } : {}) }),
    "commit",
  ].join(";\n");

  function renderOwnHouse(): readonly string[] {
    const made = renderOwnSchema(spec, access.role, adminRole);
    return closed ? [...made, renderClose(spec.schema, access.role)] : made;
  }

  function renderManaged(): readonly string[] {
    const guard = { schema: spec.schema, role: access.role, tenantId: spec.id, ...managed, closed, fresh: true };
    return [
      renderSchema(spec.schema, markOf(spec.id)),
      renderFiles(spec.schema, managed.files),
      `set local role ${CELL_ROLES.owner}`,
      renderSchemaGuard(guard),
      "set local role none",
      renderLedger(spec.schema, managed.files),
    ];
  }
}
