/** Everything that a run has to know of a cell, in few queries whatever the number of tenants. */
import type { Client } from "pg";
import { CELL_ROLE_NAMES, CONTROL_SCHEMA, isProbeSlug, POOLED_SCHEMA, roleOf } from "../registry/names";
import type { CellFacts, KnownShape } from "./cell-facts";
import type { Houseable } from "./kind";
import { readRoles } from "./live-roles";
import type { LiveRole } from "./role-facts";
import { diffShapes, readShape, readShapes, type Subject } from "./shape";
import { type House, readOrphans, readTenantRows, type TenantRow } from "./tenant-rows";

export interface Survey {
  readonly facts: CellFacts;
  readonly rows: readonly TenantRow[];
  /** What `tenantry prove` made: only while it runs, or after it was killed. They count nowhere. */
  readonly probes: readonly TenantRow[];
  readonly roles: ReadonlyMap<string, LiveRole>;
  /** Schema to what differs from what its files and the guard make. */
  readonly drifts: ReadonlyMap<string, string>;
  /** By schema: what is there of wanted tenants that have no row. */
  readonly orphans: ReadonlyMap<string, House>;
}

/** Beyond this many schemas that differ, they are counted and no longer described: somebody did something to all of them. */
const DESCRIBED = 100;
/** Characters of one description. */
const LONGEST = 600;

/** `housed`: of those without a row, what exists of their names is looked up. */
export async function survey(client: Client, housed: readonly Houseable[], facts: CellFacts): Promise<Survey> {
  const all = await readTenantRows(client);
  const rows = all.filter(({ slug }) => !isProbeSlug(slug));
  const roles = await readRoles(client, CELL_ROLE_NAMES);
  const drifts = await readDrifts(client, facts, rows);
  const known = new Set(rows.filter(({ status }) => status !== "removed").map(({ slug }) => slug));
  const lost = housed.filter(({ slug }) => !known.has(slug));
  const probes = all.filter(({ slug }) => isProbeSlug(slug));
  return { facts, rows, probes, roles, drifts, orphans: lost.length > 0 ? await readOrphans(client, lost) : new Map() };
}

interface Measured {
  readonly subject: Subject;
  readonly kind: KnownShape["kind"];
  readonly files: string;
}

async function readDrifts(client: Client, facts: CellFacts, rows: readonly TenantRow[]): Promise<Map<string, string>> {
  const measured = [...shared(facts), ...rows.filter(isMeasured).map(ofTenant)];
  const digests = await readShapes(
    client,
    measured.map(({ subject }) => subject),
  );
  const drifts = new Map<string, string>();
  for (const { subject, kind, files } of measured) {
    const digest = digests.get(subject.schema);
    const known = facts.shapes.find((shape) => shape.kind === kind && shape.files === files);
    if (digest === undefined || known === undefined || known.digest === digest) continue;
    const drift = drifts.size < DESCRIBED ? await describe(client, subject, known) : "differs from what its files make";
    if (drift !== "") drifts.set(subject.schema, drift);
  }
  return drifts;
}

function shared(facts: CellFacts): readonly Measured[] {
  const control = { subject: { schema: CONTROL_SCHEMA }, kind: "control" as const };
  const pooled = { subject: { schema: POOLED_SCHEMA }, kind: "pooled" as const };
  return [control, pooled].map((one) => ({ ...one, files: facts.ledgers[one.subject.schema] ?? "" }));
}

const isMeasured = (row: TenantRow) => row.tier !== "pooled" && row.tables === "managed" && row.status !== "removed";

const ofTenant = (row: TenantRow): Measured => ({
  subject: { schema: row.schema, role: roleOf(row.slug), tenantId: row.id },
  kind: "schema",
  files: row.ledger,
});

async function describe(client: Client, subject: Subject, known: KnownShape): Promise<string> {
  const { rows } = await client.query<{ items: string[] }>(
    "select items from tenantry.shapes where kind = $1 and files = $2",
    [known.kind, known.files],
  );
  const { items } = await readShape(client, subject);
  return shorten(diffShapes(rows[0]?.items ?? [], items, subject));
}

/** One line that a person can take in: definitions have line feeds, and a schema may differ in everything. */
function shorten(text: string): string {
  const line = text.replaceAll(/\s+/g, " ");
  return line.length <= LONGEST ? line : `${line.slice(0, LONGEST)}...`;
}
