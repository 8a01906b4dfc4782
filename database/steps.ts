/** What has to be done to a cell's tenants, decided from what is wanted and what is there. Pure. */
import { TenantryError } from "../registry/errors";
import { assertAllowed, assertMayVanish } from "./allowed";
import { type Inspection, inspect } from "./inspect";
import { pendingFiles } from "./ledger";
import { renderEndpoint } from "./login-secret";
import { type PairInUse, pairInUse } from "./rotation";
import type { Survey } from "./survey";
import type { TableFile } from "./table-files";
import type { House, TenantRow } from "./tenant-rows";
import { type Access, parseSpec, type TenantSpec } from "./tenant-spec";
import type { Connection, DesiredCell, Failure } from "./types";

/** A tenant with roles and a schema of its own. */
export interface Housed {
  readonly spec: TenantSpec;
  readonly access: Access;
  readonly pair: PairInUse;
  readonly inspection: Inspection;
  /** True when the secret has to be made or looked at: it is needed, and it may not be what it should be. */
  readonly secret: boolean;
}

/** One of which something is there already. */
export interface Settled extends Housed {
  readonly house: House;
  /** Fingerprint of the applied secret. */
  readonly applied: string | null;
  /** Files that the schema does not have yet. */
  readonly files: readonly TableFile[];
  /** True when something of the schema has to be made right. */
  readonly repair: boolean;
}

export interface Steps {
  /** Pooled tenants whose rows are to be written. */
  readonly pooled: readonly TenantSpec[];
  /** Nothing of them is there yet. */
  readonly create: readonly Housed[];
  readonly settle: readonly Settled[];
  /** Offboarded, and their line is gone. */
  readonly remove: readonly TenantRow[];
  /** Only prepared, and their line is gone. */
  readonly unprepare: readonly TenantRow[];
  /** False while the files contradict what some schema was made from: then no new schema is made either. */
  readonly filesFit: boolean;
  readonly failures: readonly Failure[];
}

export interface Wanted {
  readonly desired: DesiredCell;
  readonly connection: Connection;
  /** Undefined when one of them fails: then no schema is changed. */
  readonly files: readonly TableFile[] | undefined;
}

type Step = { [K in Exclude<keyof Steps, "failures" | "filesFit">]?: Steps[K][number] };

/** Every tenant that needs something, and those that are refused. A tenant that is as it should be appears nowhere. */
export function decide(wanted: Wanted, found: Survey): Steps {
  const { cell, tenants, plans } = wanted.desired;
  const living = new Map(found.rows.filter(({ status }) => status !== "removed").map((row) => [row.slug, row]));
  const byId = new Map(found.rows.map((row) => [row.id, row]));
  const tombs = new Map(found.rows.filter(({ status }) => status === "removed").map((row) => [row.schema, row]));
  const pending = pendingByLedger(wanted.files ?? []);
  const steps: Step[] = [];
  const failures: Failure[] = [];
  const attempt = (subject: string, decideOne: () => Step) => {
    try {
      steps.push(decideOne());
    } catch (error) {
      if (!(error instanceof TenantryError)) throw error;
      failures.push({ subject, reason: error.message });
    }
  };
  const claimed = new Set<string>();
  for (const [slug, line] of Object.entries(tenants)) {
    attempt(slug, () => {
      const spec = parseSpec(cell, slug, line, plans);
      const row = byId.get(spec.id) ?? living.get(slug);
      if (row) claimed.add(row.id);
      assertAllowed(spec, row, spec.access && tombs.get(spec.schema));
      return spec.access ? housed(spec, spec.access, row, wanted, found, pending.of) : pooled(spec, row, found);
    });
  }
  for (const row of found.rows) {
    if (!claimed.has(row.id) && tenants[row.slug] === undefined) attempt(row.slug, () => vanished(row));
  }
  const all = <K extends keyof Step>(kind: K) => steps.flatMap((step) => step[kind] ?? []);
  return {
    pooled: all("pooled"),
    create: all("create"),
    settle: all("settle"),
    remove: all("remove"),
    unprepare: all("unprepare"),
    filesFit: pending.failures.length === 0,
    failures: [...pending.failures, ...failures],
  };
}

function pooled(spec: TenantSpec, row: TenantRow | undefined, found: Survey): Step {
  const changed = row?.line !== spec.line || inspect(spec, row, found).row.length > 0;
  return changed ? { pooled: spec } : {};
}

function housed(
  spec: TenantSpec,
  access: Access,
  row: TenantRow | undefined,
  { connection, files: allFiles }: Wanted,
  found: Survey,
  pendingOf: (ledger: string) => readonly TableFile[],
): Step {
  const pair = pairInUse(access.logins, found.facts.rotations[access.logins.a]);
  const inspection = inspect(spec, row, found);
  const strange = inspection.foreignSchema.length > 0;
  // Of a tenant that is known, a schema without its mark keeps nobody from closing the tenant's way in.
  const foreign = [...inspection.foreign, ...(row ? [] : inspection.foreignSchema)];
  if (foreign.length > 0) {
    const what = foreign.join("; ");
    throw new TenantryError("TN-308", `${what}; Tenantry adopts nothing: rename or drop it, or take another slug`);
  }
  const made = inspection.roles.some(({ missing }) => missing);
  const rowChanged = row?.line !== spec.line || inspection.row.length > 0;
  const stale = !row || row.secret === null || row.endpoint !== renderEndpoint(connection);
  const secret = inspection.status === "active" && (stale || made || rowChanged);
  const house = row ?? found.orphans.get(spec.schema);
  if (!house) return { create: { spec, access, pair, inspection, secret } };
  const sound = house.present && !strange;
  const files = spec.tables === "own" || !sound || !allFiles ? [] : pendingOf(house.ledger);
  const repair = sound && spec.tables === "managed" && (!row || files.length > 0 || inspection.shape !== undefined);
  const accessible = inspection.roles.length === 0 && inspection.usage.length === 0;
  if (sound && !rowChanged && !secret && accessible && !repair) return {};
  return { settle: { spec, access, pair, inspection, secret, house, applied: row?.secret ?? null, files, repair } };
}

function vanished(row: TenantRow): Step {
  if (row.status === "removed") return row.secret === null ? {} : { remove: row };
  assertMayVanish(row);
  return row.status === "preparing" ? { unprepare: row } : { remove: row };
}

/** All schemas with one ledger have the same files to come. A changed file is one failure of the cell, and holds nobody else up. */
function pendingByLedger(files: readonly TableFile[]) {
  const known = new Map<string, readonly TableFile[]>();
  const failures: Failure[] = [];
  const read = (ledger: string): readonly TableFile[] => {
    try {
      return pendingFiles("tenant", files, ledger);
    } catch (error) {
      if (!(error instanceof TenantryError)) throw error;
      if (failures.every(({ reason }) => reason !== error.message)) {
        failures.push({ subject: "cell", reason: error.message });
      }
      return [];
    }
  };
  return {
    failures,
    of: (ledger: string) => {
      const pending = known.get(ledger) ?? read(ledger);
      known.set(ledger, pending);
      return pending;
    },
  };
}
