/**
 * New schema tenants in bulk, with all that belongs to them (role, login, limits, grants, guard, secret, ledger), against
 * their bare DDL: `create schema` and the table files in one transaction a tenant, one round trip, nothing else. The bare side
 * has a database of its own on the same server and grows alike.
 */
import type { Client } from "pg";
import { loadTableFiles } from "../database/table-files";
import type { Bench, Comparison, Size } from "./bench";
import { SQL_DIR } from "./cell";
import { withConnection } from "./connect";
import { bigCell, growTo, schemasSoFar } from "./grown-cell";
import { interleave, time } from "./measure";

export const schemaTenants: Bench = {
  name: "schema tenants",
  budget: "in bulk at most 1.3x of the bare DDL; at most 1.2x slower at 3,000 schemas than at the first",
  run,
};

const SIZES = { full: { segment: 500, pairs: 6 }, small: { segment: 25, pairs: 3 } } as const;

async function run(size: Size): Promise<readonly Comparison[]> {
  const { segment, pairs } = SIZES[size];
  const { server } = await growTo(1); // control schema, pooled tables and the first plan of all
  const cell = await bigCell();
  await withConnection(cell.server.admin, (client) => client.query("create database bare"));
  await withConnection(cell.server.admin, (client) => client.query("revoke all on database bare from public"));
  const first = schemasSoFar();
  const ours: number[] = [];
  const bare: number[] = [];
  const times = await withConnection({ ...server.admin, database: "bare" }, (client) => {
    const ddl = bareDdl();
    const today = async (pair: number) => {
      const spent = (await time(() => createBare(client, ddl, pair * segment, segment))) / segment;
      bare.push(spent);
      return spent;
    };
    const tenantry = async (pair: number) => {
      const spent = (await time(() => growTo(first + (pair + 1) * segment))) / segment;
      ours.push(spent);
      return spent;
    };
    return interleave({ today, tenantry }, { pairs });
  });
  const [total, batch] = [pairs * segment, segment].map((count) => count.toLocaleString("en-US"));
  return [
    {
      measure: `a new schema tenant, up to ${total} schemas`,
      unit: "ms",
      today: times.today,
      tenantry: times.tenantry,
      ratio: times.worse,
      gate: { worse: 1.3 },
      note: `today: the bare DDL of its tables; batches of ${batch}, drift report included; secrets into memory`,
    },
    {
      measure: `the last ${batch} against the first ${batch}`,
      unit: "ms",
      today: ours[0] ?? Number.NaN,
      tenantry: ours.at(-1) ?? Number.NaN,
      gate: { worse: 1.2 },
      note: `the bare DDL went from ${bare[0]?.toFixed(1)} to ${bare.at(-1)?.toFixed(1)} ms; each batch: ${ours.map((ms) => ms.toFixed(1)).join(", ")} ms`,
    },
  ];
}

function bareDdl(): string {
  return loadTableFiles(`${SQL_DIR}/tenant`)
    .map(({ sql }) => sql)
    .join("\n");
}

async function createBare(client: Client, ddl: string, from: number, count: number): Promise<void> {
  for (let n = from; n < from + count; n++) {
    await client.query(`begin; create schema bare_${n}; set local search_path = bare_${n};\n${ddl}\ncommit`);
  }
}
