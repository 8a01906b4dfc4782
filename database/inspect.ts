/** One tenant as it should be against what the survey found. Pure: the report tells the findings, the reconciler acts on them. */
import type { LiveRole, RoleFault } from "./role-facts";
import { isForeign, roleFaults } from "./role-facts";
import { type PairInUse, pairInUse } from "./rotation";
import { type UsageFault, usageFaults } from "./schema-access";
import type { Survey } from "./survey";
import { markOf, tenantRoles } from "./tenant-roles";
import type { House, TenantRow } from "./tenant-rows";
import type { RowStatus, TenantSpec } from "./tenant-spec";

export interface Inspection {
  /** What is in force: a target that was moved to is not `preparing` any more, though `from` still stands. */
  readonly status: RowStatus;
  readonly logins: readonly string[];
  /** Those whose sessions end with this run. */
  readonly closing: readonly string[];
  /** What differs in the tenant's row and pins. */
  readonly row: readonly string[];
  readonly roles: readonly RoleFault[];
  /** What differs in who may use its schema. */
  readonly usage: readonly UsageFault[];
  /** Roles of the tenant's names that are somebody else's. */
  readonly foreign: readonly string[];
  /** The same for its schema. Whoever owns a schema can take the mark off: an application with its own tables, a migrator. */
  readonly foreignSchema: readonly string[];
  readonly schemaMissing: boolean;
  /** What differs in the tenant's own schema, or nothing. */
  readonly shape?: string;
}

export function inspect(spec: TenantSpec, row: TenantRow | undefined, found: Survey): Inspection {
  const status = statusInForce(spec, row);
  const pair = spec.access && pairInUse(spec.access.logins, found.facts.rotations[spec.access.logins.a]);
  const logins = pair?.logins ?? [];
  const { major } = found.facts;
  const roles = spec.access && pair ? tenantRoles(spec, spec.access, { status, pair, major }) : [];
  const own = spec.access !== undefined;
  const shape = own && spec.tables === "managed" ? found.drifts.get(spec.schema) : undefined;
  const house = row ?? found.orphans.get(spec.schema);
  const foreignRoles = roles.filter((role) => isForeign(role, found.roles.get(role.name)));
  return {
    status,
    logins,
    closing: status === "active" ? logins.filter((name) => isLeftOpen(name, pair, found)) : logins,
    row: row ? [...rowFaults(spec, status, row), ...pinFaults(logins, row)] : ["row is missing"],
    roles: roles
      .filter((role) => !foreignRoles.includes(role))
      .flatMap((role) => roleFaults(role, found.roles.get(role.name))),
    usage: spec.access ? usageFaults(spec, spec.access, status, house) : [],
    foreign: foreignRoles.map(({ name }) => foreignRole(name, found.roles.get(name))),
    foreignSchema: foreignSchema(spec, house),
    // Whoever is leaving has given its data up: the loss of its schema must not keep it from going.
    schemaMissing: own && row !== undefined && !row.present && spec.status !== "offboarding",
    ...(shape === undefined ? {} : { shape }),
  };
}

/** True for a login of before whose time ran out while nobody was there to close it. */
const isLeftOpen = (name: string, pair: PairInUse | undefined, { roles }: Survey): boolean =>
  pair?.open.includes(name) === false && roles.get(name)?.login === true;

/** What a refresh shows behind the tenant's line; empty when all is as it should be. */
export function renderDrift(inspection: Inspection, spec: TenantSpec): string {
  const { row, roles, usage, foreign, foreignSchema, schemaMissing, shape } = inspection;
  return [
    ...row,
    ...roles.map(({ text }) => text),
    ...usage.map(({ text }) => text),
    ...foreign,
    ...foreignSchema,
    ...(schemaMissing ? [`schema ${spec.schema} is missing`] : []),
    ...(shape === undefined ? [] : [shape]),
  ].join("; ");
}

function statusInForce(spec: TenantSpec, row: TenantRow | undefined): RowStatus {
  const moved = spec.status === "preparing" && row !== undefined && row.status !== "preparing";
  return moved ? spec.lineStatus : spec.status;
}

function rowFaults(spec: TenantSpec, status: RowStatus, row: TenantRow): readonly string[] {
  const wanted = {
    slug: spec.slug,
    tier: spec.tier,
    plan: spec.plan,
    status,
    tables: spec.tables,
    schema: spec.schema,
  };
  const columns = ["slug", "tier", "plan", "status", "tables", "schema"] as const;
  return columns
    .filter((column) => row[column] !== wanted[column])
    .map((column) => `row: ${column} is ${row[column]} instead of ${wanted[column]}`);
}

function pinFaults(logins: readonly string[], row: TenantRow): readonly string[] {
  return [
    ...logins.filter((login) => !row.logins.includes(login)).map((login) => `${login}: not pinned to the tenant`),
    ...row.logins.filter((login) => !logins.includes(login)).map((login) => `${login}: pinned to the tenant`),
  ];
}

function foreignRole(name: string, live: LiveRole | undefined): string {
  return `role ${name} is not the tenant's: its comment is ${live?.mark === undefined ? "missing" : `'${live.mark}'`}`;
}

function foreignSchema(spec: TenantSpec, house: House | undefined): readonly string[] {
  if (!spec.access || !house?.present || house.mark === markOf(spec.id)) return [];
  const comment = house.mark === null ? "missing" : `'${house.mark}'`;
  return [`schema ${spec.schema} is not the tenant's: its comment is ${comment}`];
}
