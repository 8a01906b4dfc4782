/** Committed rows of the probe tenants in every table: what is empty proves nothing. */
import { randomBytes } from "node:crypto";
import type { Client } from "pg";
import { DatabaseError } from "pg";
import { qualified } from "../../database/protection";
import { POOLED_SCHEMA } from "../../registry/names";
import type { Login } from "./attackers";
import type { HousedProbe, ProbeTenant, ProbeTenants } from "./probe-tenants";
import { renderRow, writableColumns } from "./row-search";
import { reasonOf, type Sessions } from "./sessions";
import { readTableShapes, type TableShape } from "./table-shapes";

/** A row of a probe tenant, as text by column; generated columns are left out. */
export type Row = Readonly<Record<string, string | null>>;

export interface FilledTable {
  readonly table: TableShape;
  /** By tenant id. */
  readonly rows: ReadonlyMap<string, Row>;
  /** Why there is none, where one is missing. */
  readonly unfilled?: string;
}

/** The table of an application that makes its own. */
export const OWN_TABLE = "notes";
const MAKE_OWN_TABLE = `create table ${OWN_TABLE} (id integer primary key, body text not null); insert into ${OWN_TABLE} values (1, 'probe')`;

/** Fills all tables, each as the login whose rows they are. The pooled application's is needed for the shared ones. */
export async function fillTables(
  admin: Client,
  sessions: Sessions,
  probes: ProbeTenants,
  app: { readonly login: Login; contextOf(tenant: ProbeTenant): string } | undefined,
): Promise<readonly FilledTable[]> {
  const filled: FilledTable[] = [];
  const { pooled } = probes;
  if (pooled && app) {
    const client = await sessions.open(app.login);
    for (const table of await readTableShapes(admin, POOLED_SCHEMA)) {
      filled.push(await fill(client, table, [pooled.a, pooled.b], app.contextOf));
    }
  }
  for (const house of probes.housed) filled.push(...(await fillHouse(admin, sessions, probes, house)));
  return filled;
}

async function fillHouse(
  admin: Client,
  sessions: Sessions,
  { tables }: ProbeTenants,
  house: HousedProbe,
): Promise<readonly FilledTable[]> {
  const client = await sessions.open(house.login);
  if (tables === "own") {
    await client.query(MAKE_OWN_TABLE);
    return [];
  }
  const filled: FilledTable[] = [];
  for (const table of await readTableShapes(admin, house.schema)) filled.push(await fill(client, table, [house]));
  return filled;
}

async function fill(
  client: Client,
  table: TableShape,
  tenants: readonly ProbeTenant[],
  contextOf?: (tenant: ProbeTenant) => string,
): Promise<FilledTable> {
  const rows = new Map<string, Row>();
  const reasons: string[] = [];
  for (const tenant of tenants) {
    const made = await insertRow(client, table, tenant, contextOf?.(tenant));
    if (typeof made === "string") reasons.push(made);
    else rows.set(tenant.id, made);
  }
  const name = qualified(table.schema, table.name);
  const [reason] = reasons;
  return { table, rows, ...(reason === undefined ? {} : { unfilled: `no row could be made in ${name}: ${reason}` }) };
}

/** The row, or why there is none. */
async function insertRow(
  client: Client,
  table: TableShape,
  tenant: ProbeTenant,
  context: string | undefined,
): Promise<Row | string> {
  await client.query("begin");
  try {
    if (context !== undefined) await client.query("select set_config('tenantry.context', $1, true)", [context]);
    const { rows } = await client.query<(string | null)[]>({
      text: renderRow(table, tenant.id, randomBytes(64).toString("hex")),
      rowMode: "array",
    });
    await client.query("commit");
    const [values] = rows;
    if (values === undefined) return "no values were found that pass its checks";
    return Object.fromEntries(writableColumns(table).map(({ name }, at) => [name, values[at] ?? null]));
  } catch (error) {
    await client.query("rollback");
    if (!(error instanceof DatabaseError)) throw error;
    return reasonOf(error);
  }
}
