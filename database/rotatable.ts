/** What of a cell can be rotated: pairs of logins, those of tenants and those of the cell itself. Pure. */
import { escapeLiteral } from "pg";
import { TenantryError } from "../registry/errors";
import {
  CELL_LOGINS,
  cellLoginsOf,
  cellSecretPath,
  type LoginPair,
  loginsOf,
  POOLED_SCHEMA,
  tenantSecretPath,
} from "../registry/names";
import type { CellFacts } from "./cell-facts";
import { cellRoleSpecs } from "./cell-roles";
import { loginInUse, renderNoted } from "./cell-secrets";
import type { RoleSpec } from "./role-facts";
import { otherOf, pairInUse, type Rotation } from "./rotation";
import { tenantRoles } from "./tenant-roles";
import type { TenantRow } from "./tenant-rows";
import { parseSpec } from "./tenant-spec";

/** A pair of logins with one secret. */
export interface Rotatable {
  /** A slug, or the first login of one of the cell's own pairs. */
  readonly name: string;
  /** What `tenantry.rotations` calls it: the first login. */
  readonly subject: string;
  readonly login: string;
  readonly other: string;
  readonly rotation: Rotation | undefined;
  readonly path: string;
  readonly schema: string;
  /** The createrole role that its statements run as; undefined: the admin itself. */
  readonly adminRole?: string;
  /** The other login as it must be to take over: open. */
  readonly otherSpec: RoleSpec;
  /** What says whose the logins are, for the database's functions. */
  readonly pin?: string;
  /** Notes what the login was given. */
  renderApplied(login: string, fingerprint: string): string;
}

/** @throws TenantryError TN-321 for a tenant that has no login, or none that is open. */
export function rotatableTenant(cell: string, row: TenantRow, { plans, rotations, major }: CellFacts): Rotatable {
  const { slug } = row;
  if (row.tier === "pooled") {
    throw new TenantryError(
      "TN-321",
      `a pooled tenant has no login of its own; the login and the signing key of its cell's application are rotated with ` +
        `\`tenantry rotate --cell ${cell}\``,
    );
  }
  if (row.status !== "active") {
    throw new TenantryError(
      "TN-321",
      `it is ${row.status}, so its logins are closed; write \`status: active\`, run \`up\`, then rotate`,
    );
  }
  const spec = parseSpec(cell, slug, row.line, plans);
  if (!spec.access || row.adminRole === null) {
    throw new TenantryError("TN-317", `nobody administers the roles of ${slug}; \`up\` says what to do`);
  }
  const pair = loginsOf(slug);
  const both = { logins: [pair.a, pair.b], open: [pair.a, pair.b] };
  const specs = tenantRoles(spec, spec.access, { status: "active", pair: both, major });
  const pins = [pair.a, pair.b].map((login) => `(${escapeLiteral(login)}, ${escapeLiteral(row.id)})`).join(", ");
  return {
    ...ofPair(slug, pair, rotations[pair.a], specs),
    path: tenantSecretPath(slug),
    schema: row.schema,
    adminRole: row.adminRole,
    pin: `insert into tenantry.logins (login, tenant_id) values ${pins} on conflict (login) do update set tenant_id = excluded.tenant_id`,
    renderApplied: (_login, fingerprint) =>
      `update tenantry.tenants set secret = ${escapeLiteral(fingerprint)} where id = ${escapeLiteral(row.id)}`,
  };
}

/** Those of the cell's own logins that have a secret: on a cell of one tenant none has. */
export function rotatableCellLogins(cell: string, facts: CellFacts): readonly Rotatable[] {
  const secured = CELL_LOGINS.filter((kind) => facts.cell?.secrets[loginInUse(facts, kind)] !== undefined);
  return secured.map((kind) => {
    const pair = cellLoginsOf(kind);
    const bothOpen: Rotation = { named: pair.a, next: pair.b, closing: false, opensMs: 0 };
    const specs = cellRoleSpecs({ ...facts.rotations, [pair.a]: bothOpen });
    return {
      ...ofPair(pair.a, pair, facts.rotations[pair.a], specs),
      path: cellSecretPath(cell, kind),
      schema: POOLED_SCHEMA,
      renderApplied: renderNoted,
    };
  });
}

function ofPair(name: string, pair: LoginPair, rotation: Rotation | undefined, specs: readonly RoleSpec[]) {
  const { login } = pairInUse(pair, rotation);
  const other = otherOf(pair, login);
  const otherSpec = specs.find((spec) => spec.name === other);
  if (!otherSpec) throw new Error(`no role ${other} among those of ${name}`);
  return { name, subject: pair.a, login, other, rotation, otherSpec };
}
