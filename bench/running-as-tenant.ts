/**
 * A transaction of one query as a pooled tenant: `client/as-tenant.ts` with its signed context, against the four calls that
 * applications make today (begin, set, query, commit) over a policy on a plain setting. On loopback, and with a network's delay.
 */
import { Pool } from "pg";
import { asTenant } from "../client/as-tenant";
import type { Connection } from "../database/types";
import type { Bench, Comparison, Size } from "./bench";
import { clientConfig, withConnection } from "./connect";
import { withDelay } from "./delay-proxy";
import { interleave, time } from "./measure";
import { type PooledCell, withPooledCell } from "./pooled-cell";

export const runningAsTenant: Bench = {
  name: "running as a tenant",
  budget: "at least 1.8x faster than begin; set; query; commit on loopback, 3x at 1 ms network delay",
  run,
};

const SIZES = {
  full: { loopback: 500, delayed: 100, pairs: 15 },
  small: { loopback: 50, delayed: 10, pairs: 3 },
} as const;
const DELAY_MS = 1;

async function run(size: Size): Promise<readonly Comparison[]> {
  const { loopback, delayed, pairs } = SIZES[size];
  return withPooledCell(async (pooled) => {
    await makeTodaysTable(pooled);
    const near = { measure: "a transaction on loopback", better: 1.8, transactions: loopback, pairs };
    const far = {
      measure: `a transaction at ${DELAY_MS} ms delay a round trip`,
      better: 3,
      transactions: delayed,
      pairs,
    };
    return [
      await compare(pooled, pooled.app, near),
      await withDelay(pooled.app.port, DELAY_MS, (port) => compare(pooled, { ...pooled.app, port }, far)),
    ];
  });
}

interface Case {
  readonly measure: string;
  readonly better: number;
  readonly transactions: number;
  readonly pairs: number;
}

async function compare({ tenant, context }: PooledCell, login: Connection, of: Case): Promise<Comparison> {
  const plain = new Pool({ ...clientConfig(login), max: 1 });
  const pipelined = new Pool({ ...clientConfig(login), max: 1, pipeline: true });
  try {
    const perTransaction = async (transaction: () => Promise<unknown>) => {
      const all = async () => {
        for (let n = 0; n < of.transactions; n++) await transaction();
      };
      return (await time(all)) / of.transactions;
    };
    const times = await interleave(
      {
        today: () => perTransaction(() => today(plain, tenant)),
        tenantry: () => perTransaction(() => asTenant(pipelined, context, (client) => client.query(OURS, [VERSION]))),
      },
      { pairs: of.pairs, warmUp: true },
    );
    return {
      measure: of.measure,
      unit: "us",
      today: times.today * 1000,
      tenantry: times.tenantry * 1000,
      ratio: times.better,
      gate: { better: of.better },
    };
  } finally {
    await Promise.all([plain.end(), pipelined.end()]);
  }
}

const VERSION = 1_000;
const OURS = "select id, data from pooled.events where stream = 'orders' and version = $1";
const TODAYS = "select id, data from today.events where stream = 'orders' and version = $1";

/** As the usual wrapper round a pool does it. */
async function today(pool: Pool, tenant: string): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query("begin");
    await client.query("select set_config('app.tenant_id', $1, true)", [tenant]);
    await client.query(TODAYS, [VERSION]);
    await client.query("commit");
  } catch (error) {
    await client.query("rollback");
    throw error;
  } finally {
    client.release();
  }
}

/** The same table with the usual policy: it trusts a setting that anybody can set, and is cheaper for it. */
async function makeTodaysTable({ superuser }: PooledCell): Promise<void> {
  await withConnection(superuser, (client) =>
    client.query(`
      create schema today;
      create table today.events (like pooled.events including all);
      insert into today.events select * from pooled.events;
      alter table today.events enable row level security;
      create policy tenant on today.events using (tenant_id = current_setting('app.tenant_id')::uuid);
      grant usage on schema today to tenantry_app;
      grant select on today.events to tenantry_app;
      analyze today.events;`),
  );
}
