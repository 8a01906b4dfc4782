/** What no line may ask of a tenant that is there. The provider refuses most of it at preview, from the lines alone. Pure. */
import { type Code, TenantryError } from "../registry/errors";
import type { TenantRow } from "./tenant-rows";
import type { TenantSpec } from "./tenant-spec";

/** The roster has the line already: to change its slug is to take it away and to add another. */
const OTHER_SLUG =
  "take another slug; to take this line away, write `status: offboarding`, run `up`, which says this again, and remove it";

/**
 * `row`: the row with the tenant's id, or with its slug. `tomb`: a removed tenant whose data is in the schema of that name.
 * @throws TenantryError TN-310 to TN-314
 */
export function assertAllowed(spec: TenantSpec, row: TenantRow | undefined, tomb: TenantRow | undefined): void {
  if (row?.status === "removed") {
    refuse(
      "TN-310",
      `a tenant with id ${row.id} was removed from this cell, and its data is still there; ${OTHER_SLUG}`,
    );
  }
  if (tomb) {
    refuse("TN-311", `schema ${spec.schema} still holds the data of the removed tenant ${tomb.id}; ${OTHER_SLUG}`);
  }
  if (!row) return;
  for (const key of ["id", "tier", "tables"] as const) {
    if (row[key] === spec[key]) continue;
    refuse("TN-313", `its ${key} is ${row[key]} here and cannot become ${spec[key]} in place; put the line back`);
  }
  if (spec.access && row.schema !== spec.schema) {
    refuse("TN-313", `its schema is ${row.schema} here, and a tenant cannot be renamed; write its old slug again`);
  }
  if (row.status === "preparing" && spec.status !== "preparing") {
    refuse("TN-314", "it was only prepared here and nothing was moved to it; put `from` back, and move it first");
  }
}

/** @throws TenantryError TN-312 unless the tenant was offboarded, or was never more than a prepared target. */
export function assertMayVanish(row: TenantRow): void {
  if (row.status === "offboarding" || row.status === "preparing") return;
  const instead = "put the line back with `status: offboarding`, run `up`, then remove it";
  refuse("TN-312", `its line is gone, but it is ${row.status} here; ${instead}`);
}

function refuse(code: Code, message: string): never {
  throw new TenantryError(code, message);
}
