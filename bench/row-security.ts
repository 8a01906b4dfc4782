/**
 * What row security costs a read: 200 rows of one tenant by index and 200 rows joined from five tables, as the pooled
 * application with a signed context and as a login pinned to its tenant, against the same read with an explicit
 * `where tenant_id = ...` by a role that row security does not concern. Looped inside the server, so that neither network nor
 * client dilutes the difference.
 */
import { randomBytes } from "node:crypto";
import type { Client } from "pg";
import type { Connection } from "../database/types";
import type { Bench, Comparison, Size } from "./bench";
import { withConnection } from "./connect";
import { fillInvoices, invoicesQuery } from "./invoices";
import { interleave, time } from "./measure";
import { type PooledCell, withPooledCell } from "./pooled-cell";

export const rowSecurity: Bench = {
  name: "row security",
  budget:
    "a read of 200 rows, by index or joined from five tables: pinned at most 1.2x, signed at most 1.4x of an explicit where",
  run,
};

/** Many short pairs: whatever else the machine does meets both sides of a pair alike. */
const SIZES = { full: { reads: 200, pairs: 151 }, small: { reads: 100, pairs: 9 } } as const;

/** The text of a read, with the tenant in it where nothing else tells. */
type Read = (tenant?: string) => string;

const byIndex: Read = (tenant) => `select id, type, data from pooled.events
  where ${tenant === undefined ? "" : `tenant_id = '${tenant}' and`} stream = 'orders' order by version limit 200`;

async function run(size: Size): Promise<readonly Comparison[]> {
  return withPooledCell(async (pooled) => {
    await fillInvoices(pooled.superuser, pooled.tenants);
    const pinned = { name: "pinned", login: await pinLogin(pooled), context: "", worse: 1.2 };
    const signed = { name: "signed", login: pooled.app, context: pooled.context, worse: 1.4 };
    const comparisons: Comparison[] = [];
    for (const [what, read] of [["by index", byIndex] as const, ["of five tables", invoicesQuery] as const]) {
      for (const side of [pinned, signed]) comparisons.push(await compare(pooled, side, { what, read, size }));
    }
    return comparisons;
  });
}

interface Protected {
  readonly name: string;
  readonly login: Connection;
  readonly context: string;
  readonly worse: number;
}

async function compare(
  { superuser, tenant }: PooledCell,
  side: Protected,
  { what, read, size }: { readonly what: string; readonly read: Read; readonly size: Size },
): Promise<Comparison> {
  const { reads, pairs } = SIZES[size];
  const times = await withConnection(superuser, (explicit) =>
    withConnection(side.login, (guarded) =>
      interleave(
        {
          today: () => timeReads(explicit, { reads, query: read(tenant), context: "" }),
          tenantry: () => timeReads(guarded, { reads, query: read(), context: side.context }),
        },
        { pairs, warmUp: true },
      ),
    ),
  );
  const added = ((times.tenantry - times.today) * 1000).toFixed(0);
  return {
    measure: `${side.name}, 200 rows ${what}`,
    unit: "us",
    today: times.today * 1000,
    tenantry: times.tenantry * 1000,
    ratio: times.worse,
    gate: { worse: side.worse },
    note: `+${added} us a read; today: an explicit where on the same tables, row security bypassed`,
  };
}

interface Reads {
  readonly reads: number;
  readonly query: string;
  readonly context: string;
}

/** Milliseconds of one read, over `reads` of them in one statement. */
async function timeReads(client: Client, { reads, query, context }: Reads): Promise<number> {
  const loop = `do $$ begin for n in 1..${reads} loop perform * from (${query}) rows; end loop; end $$`;
  await client.query("begin");
  await client.query("select set_config('tenantry.context', $1, true)", [context]);
  const spent = await time(() => client.query(loop));
  await client.query("commit");
  return spent / reads;
}

/** A login that is one tenant whatever it says, with the application's privileges. */
async function pinLogin({ superuser, tenant }: PooledCell): Promise<Connection> {
  const login = { username: "bench_pinned", password: randomBytes(12).toString("hex") };
  await withConnection(superuser, async (client) => {
    await client.query(`create role ${login.username} login password '${login.password}' in role tenantry_app`);
    await client.query("insert into tenantry.logins (login, tenant_id) values ($1, $2)", [login.username, tenant]);
  });
  return { ...superuser, ...login };
}
