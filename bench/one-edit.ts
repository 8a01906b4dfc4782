/** One tenant of 10,000 is edited: what differs in the program, and what the database is told. */
import type { Client } from "pg";
import { loginsOf, roleOf } from "../registry/names";
import type { Bench, Comparison, Size } from "./bench";
import { withConnection } from "./connect";
import { desiredCell, schemaLine, slugOf, TEN_THOUSAND, withRegistry } from "./estate";
import { type Evaluation, evaluate } from "./evaluate";
import { growTo, schemasSoFar } from "./grown-cell";
import { time } from "./measure";
import { tenantryProgram } from "./program";
import { countStatements, total } from "./statements";

export const oneEdit: Bench = {
  name: "one edit",
  budget: "of 10,000: one resource differs; SQL for that tenant only; at most 25 statements",
  run,
};

const SIZES = { full: { tenants: 10_000, schemas: 520 }, small: { tenants: 1_000, schemas: 20 } } as const;

async function run(size: Size): Promise<readonly Comparison[]> {
  return [await inTheProgram(), ...(await inTheDatabase(size))];
}

async function inTheProgram(): Promise<Comparison> {
  const edited = slugOf("customer", TEN_THOUSAND.pooled);
  const differing = await withRegistry(TEN_THOUSAND, async ({ dir, edit }) => {
    const before = await evaluate(tenantryProgram(dir));
    edit(edited, "plan: growth", "plan: growth, connections: 30");
    return differences(before, await evaluate(tenantryProgram(dir)));
  });
  return {
    measure: "resources that differ after an edit",
    unit: "",
    tenantry: differing.length,
    gate: { most: 1 },
    note: differing.join(", "),
  };
}

function differences(before: Evaluation, after: Evaluation): string[] {
  const names = new Set([...before.registrations.keys(), ...after.registrations.keys()]);
  return [...names].filter((name) => before.registrations.get(name)?.digest !== after.registrations.get(name)?.digest);
}

async function inTheDatabase(size: Size): Promise<readonly Comparison[]> {
  const { tenants } = SIZES[size];
  const cell = await growTo(SIZES[size].schemas);
  const schema = schemasSoFar();
  const desired = desiredCell({ pooled: tenants - schema, schema });
  await cell.apply(desired);
  const slug = slugOf("schema", schema >> 1);
  const edited = { ...desired, tenants: { ...desired.tenants, [slug]: schemaLine(schema >> 1, 30) } };
  let ms = Number.NaN;
  const [counted, touched] = await withConnection({ ...cell.server.superuser, database: "app" }, async (client) => {
    const since = await currentTransaction(client);
    const statements = await countStatements(cell.server.superuser, async () => {
      ms = await time(() => cell.apply(edited));
    });
    return [statements, await touchedSince(client, since)] as const;
  });
  const own = new Set([slug, roleOf(slug), loginsOf(slug).a, loginsOf(slug).b]);
  const others = touched.filter((name) => !own.has(name));
  return [
    {
      measure: `statements of an edit among ${tenants.toLocaleString("en-US")} tenants of one cell`,
      unit: "",
      tenantry: total(counted),
      gate: { most: 25 },
      note: `${schema.toLocaleString("en-US")} of them with schemas; ${(ms / 1000).toFixed(2)} s with the drift report`,
    },
    {
      measure: "other tenants whose row, role or settings were written",
      unit: "",
      tenantry: others.length,
      gate: { most: 0 },
      note: `written: ${touched.join(", ")}`,
    },
  ];
}

async function currentTransaction(client: Client): Promise<string> {
  const { rows } = await client.query<{ id: string }>("select pg_current_xact_id()::text as id");
  const [row] = rows;
  if (!row) throw new Error("the server has no current transaction");
  return row.id;
}

/** Tenants and roles of which any row was written after that transaction, by the rows' own transaction ids. */
async function touchedSince(client: Client, transaction: string): Promise<readonly string[]> {
  const { rows } = await client.query<{ name: string }>(
    `select slug as name from tenantry.tenants where xmin::text::bigint > $1
     union select rolname from pg_authid where xmin::text::bigint > $1
     union select pg_get_userbyid(setrole) from pg_db_role_setting where xmin::text::bigint > $1
     union select pg_get_userbyid(member) from pg_auth_members where xmin::text::bigint > $1
     order by name`,
    [transaction],
  );
  return rows.map(({ name }) => name);
}
