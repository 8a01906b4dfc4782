/**
 * A transaction of one query as a pooled tenant: the client's two forms against the four calls that applications make today
 * (begin, set, query, commit), on loopback and with a network's delay. On the same protected table with the same signing, for
 * what the protection costs has a row of its own; over the usual policy on a plain setting for information. Judged is the form
 * for one statement; the form with a function waits for the answer before it commits. And what finding a tenant costs.
 */
import { Pool } from "pg";
import { connect, type DirectoryRow, fixedSecrets, type TenantClient } from "../client";
import { Directory } from "../client/directory";
import type { Connection } from "../database/types";
import { cellSecretPath, defaultId } from "../registry/names";
import type { Bench, Comparison, Size } from "./bench";
import { clientConfig, withConnection } from "./connect";
import { withDelay } from "./delay-proxy";
import { interleave, time } from "./measure";
import { type PooledCell, withPooledCell } from "./pooled-cell";

export const runningAsTenant: Bench = {
  name: "running as a tenant",
  budget:
    "one statement at least 1.8x faster than begin; set; query; commit on loopback, 3x at 1 ms network delay; " +
    "a route in at most 2 us among 10,000",
  run,
};

/** Many short pairs: whatever else the machine does meets both sides of a pair alike. */
const SIZES = {
  full: { loopback: 40, delayed: 8, pairs: 101 },
  small: { loopback: 20, delayed: 4, pairs: 9 },
} as const;
const DELAY_MS = 1;

async function run(size: Size): Promise<readonly Comparison[]> {
  const { loopback, delayed, pairs } = SIZES[size];
  return withPooledCell(async (pooled) => {
    await makeTodaysTable(pooled);
    const signed: Today = { setting: "tenantry.context", value: pooled.context, query: QUERY };
    const plain: Today = { setting: "app.tenant_id", value: pooled.tenant, query: QUERY.replace("pooled.", "today.") };
    const near = { login: pooled.app, transactions: loopback, pairs };
    const far = { transactions: delayed, pairs };
    const delay = `at ${DELAY_MS} ms delay a round trip`;
    return [
      await compare(
        { ...near, measure: "one statement on loopback", form: oneStatement, today: signed, better: 1.8 },
        pooled,
      ),
      await compare({ ...near, measure: "  as a function", form: asFunction, today: signed }, pooled),
      await compare(
        { ...near, measure: "  today over a plain setting, unsigned", form: oneStatement, today: plain },
        pooled,
      ),
      ...(await withDelay(pooled.app.port, DELAY_MS, async (port) => {
        const slow = { ...far, login: { ...pooled.app, port } };
        return [
          await compare(
            { ...slow, measure: `one statement ${delay}`, form: oneStatement, today: signed, better: 3 },
            pooled,
          ),
          await compare({ ...slow, measure: "  as a function", form: asFunction, today: signed }, pooled),
          await compare(
            { ...slow, measure: "  today over a plain setting, unsigned", form: oneStatement, today: plain },
            pooled,
          ),
        ];
      })),
      await findRoutes(size),
    ];
  });
}

/** A transaction of one query, as the client lets it be written. */
type Form = (client: TenantClient) => Promise<unknown>;
const oneStatement: Form = (client) => client.query(SLUG, QUERY, [VERSION]);
const asFunction: Form = (client) => client.asTenant(SLUG, (transaction) => transaction.query(QUERY, [VERSION]));

/** What the other side sets, and asks. */
interface Today {
  readonly setting: string;
  readonly value: string;
  readonly query: string;
}

interface Case {
  readonly measure: string;
  readonly login: Connection;
  readonly form: Form;
  readonly today: Today;
  readonly transactions: number;
  readonly pairs: number;
  /** Missing: for information. */
  readonly better?: number;
}

async function compare(of: Case, pooled: PooledCell): Promise<Comparison> {
  const plain = new Pool({ ...clientConfig(of.login), max: 1 });
  const client = clientOf(of.login, pooled);
  const perTransaction = async (transaction: () => Promise<unknown>) => {
    const all = async () => {
      for (let n = 0; n < of.transactions; n++) await transaction();
    };
    return (await time(all)) / of.transactions;
  };
  try {
    const times = await interleave(
      {
        today: () => perTransaction(() => fourCalls(plain, of.today)),
        tenantry: () => perTransaction(() => of.form(client)),
      },
      { pairs: of.pairs, warmUp: true },
    );
    return {
      measure: of.measure,
      unit: "us",
      today: times.today * 1000,
      tenantry: times.tenantry * 1000,
      ratio: times.better,
      ...(of.better !== undefined && { gate: { better: of.better } }),
    };
  } finally {
    await Promise.all([plain.end(), client.close()]);
  }
}

const SLUG = "measured";
const CELL = "bench";

function clientOf({ host, port, database, username, password }: Connection, pooled: PooledCell): TenantClient {
  const row = { slug: SLUG, id: pooled.tenant, tier: "pooled", cell: CELL, host, port, database } as const;
  return connect({
    directory: [{ ...row, schema: "pooled", status: "active" }],
    secrets: fixedSecrets({
      [cellSecretPath(CELL, "app")]: { username, password, sslmode: "disable" },
      [cellSecretPath(CELL, "context")]: pooled.key,
    }),
    connectionsPerCell: 1,
  });
}

/** Finding a tenant's row in a directory of 10,000. */
async function findRoutes(size: Size): Promise<Comparison> {
  const slugs = Array.from({ length: 10_000 }, (_, n) => `tenant-${n}`);
  const at = { tier: "pooled", cell: CELL, host: "127.0.0.1", port: 5432, database: "app", schema: "pooled" } as const;
  const rows: DirectoryRow[] = slugs.map((slug) => ({ slug, id: defaultId(slug), ...at, status: "active" }));
  const directory = new Directory(() => rows, { maxAgeMs: 600_000, onStale: () => {} });
  const findAll = async () => {
    for (const slug of slugs) await directory.find(slug);
  };
  await findAll();
  const rounds = { full: 50, small: 5 }[size];
  const spent = await time(async () => {
    for (let round = 0; round < rounds; round++) await findAll();
  });
  return {
    measure: "finding a tenant among 10,000",
    unit: "us",
    tenantry: (spent * 1000) / (rounds * slugs.length),
    gate: { most: 2 },
  };
}

const VERSION = 1_000;
const QUERY = "select id, data from pooled.events where stream = 'orders' and version = $1";

/** As the usual wrapper round a pool does it. */
async function fourCalls(pool: Pool, { setting, value, query }: Today): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query("begin");
    await client.query("select set_config($1, $2, true)", [setting, value]);
    await client.query(query, [VERSION]);
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
