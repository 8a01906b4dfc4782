/**
 * What keeping quotas costs a write: one row at a time, each in a transaction of the pooled application with its signed context,
 * and many rows in one statement; against the same tables with the triggers of the quotas switched off. In bulk also against
 * what people write today: a trigger that counts the tenant's rows before each new one. One that keeps a counter is shown too.
 */
import type { Client } from "pg";
import type { Bench, Comparison, Size } from "./bench";
import { withConnection } from "./connect";
import { interleave, time } from "./measure";
import { type PooledCell, withPooledCell } from "./pooled-cell";

export const quotas: Bench = {
  name: "quotas",
  budget: "at most 1.3x the unguarded insert, single and bulk; at least 15x faster than a trigger for each row in bulk",
  run,
};

const SIZES = {
  full: { singles: 40, singlePairs: 15, bulk: 10_000, bulkPairs: 5, rowPairs: 3 },
  small: { singles: 10, singlePairs: 5, bulk: 500, bulkPairs: 3, rowPairs: 1 },
} as const;

async function run(size: Size): Promise<readonly Comparison[]> {
  return withPooledCell(async (pooled) => {
    await prepare(pooled);
    return await withConnection(pooled.superuser, (owner) =>
      withConnection(pooled.app, async (app) => {
        const sides = { owner, app, context: pooled.context };
        const { bulk, rowPairs } = SIZES[size];
        return [
          await compareSingle(sides, "topics", size),
          await compareSingle(sides, "usage_events", size),
          await compareBulk(sides, "topics", size),
          await compareBulk(sides, "usage_events", size),
          { ...(await compareRowTrigger(sides, "bench_count_rows", bulk, rowPairs)), gate: { better: 15 } },
          await compareRowTrigger(sides, "bench_count_rows", bulk / 2, rowPairs),
          await compareRowTrigger(sides, "bench_keep_counter", bulk, rowPairs),
        ];
      }),
    );
  });
}

interface Sides {
  /** Switches triggers, and takes rows away again. */
  readonly owner: Client;
  readonly app: Client;
  readonly context: string;
}

type Table = "topics" | "usage_events";
type RowTrigger = keyof typeof ROW_TRIGGERS;
type Triggers = "none" | "quotas" | RowTrigger;

/** Limits that are looked at and never reached. */
async function prepare({ superuser }: PooledCell): Promise<void> {
  await withConnection(superuser, async (client) => {
    await client.query(
      "update tenantry.plans set line = line || ' quotas.messagesPerMonth=1000000000 quotas.storageGb=1000 quotas.topics=1000000000'",
    );
    await client.query("create table public.bench_counters (tenant_id uuid primary key, used bigint not null)");
    await client.query(renderRowTriggers());
  });
}

/** What people write, for each row. The first is not even right: rows that other transactions add at the same time are not seen. */
const ROW_TRIGGERS = {
  bench_count_rows: `
  if (select count(*) from pooled.topics where tenant_id = new.tenant_id) >= 1000000000 then
    raise exception 'too many rows';
  end if;`,
  bench_keep_counter: `
  insert into public.bench_counters as c values (new.tenant_id, 1)
    on conflict (tenant_id) do update set used = c.used + 1 returning used into total;
  if total > 1000000000 then
    raise exception 'too many rows';
  end if;`,
} as const;

const SAY: Readonly<Record<RowTrigger, string>> = {
  bench_count_rows: "that counts before each row",
  bench_keep_counter: "that keeps a counter for each row",
};

/** With the rights of whoever makes them: row security would only slow them down. */
const renderRowTriggers = (): string =>
  Object.entries(ROW_TRIGGERS)
    .map(
      ([name, body]) => `
create function public.${name}() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  total bigint;
begin${body}
  return new;
end $$;
create trigger ${name} before insert on pooled.topics for each row execute function public.${name}();`,
    )
    .join("");

async function compareSingle(sides: Sides, table: Table, size: Size): Promise<Comparison> {
  const { singles, singlePairs } = SIZES[size];
  const measure = async (triggers: Triggers) => {
    await choose(sides, table, triggers);
    const spent = await time(async () => {
      for (let n = 1; n <= singles; n++) await write(sides, table, n, n);
    });
    return spent / singles;
  };
  const options = { pairs: singlePairs, warmUp: true };
  const times = await interleave({ today: () => measure("none"), tenantry: () => measure("quotas") }, options);
  return {
    measure: `one row of ${table} in a transaction`,
    unit: "us",
    today: times.today * 1000,
    tenantry: times.tenantry * 1000,
    ratio: times.worse,
    gate: { worse: 1.3 },
    note: "begin, context, insert and commit in one round trip; today: the same without the triggers",
  };
}

async function compareBulk(sides: Sides, table: Table, size: Size): Promise<Comparison> {
  const { bulk, bulkPairs } = SIZES[size];
  const options = { pairs: bulkPairs, warmUp: true };
  const times = await interleave(
    { today: () => writeBulk(sides, table, bulk, "none"), tenantry: () => writeBulk(sides, table, bulk, "quotas") },
    options,
  );
  return {
    measure: `${bulk.toLocaleString("en-US")} rows of ${table} in one statement`,
    unit: "ms",
    today: times.today,
    tenantry: times.tenantry,
    ratio: times.worse,
    gate: { worse: 1.3 },
  };
}

/** The first gets dearer with the square of the rows. */
async function compareRowTrigger(sides: Sides, trigger: RowTrigger, rows: number, pairs: number): Promise<Comparison> {
  const times = await interleave(
    {
      today: () => writeBulk(sides, "topics", rows, trigger),
      tenantry: () => writeBulk(sides, "topics", rows, "quotas"),
    },
    { pairs },
  );
  return {
    measure: `${rows.toLocaleString("en-US")} rows of topics; today: a trigger ${SAY[trigger]}`,
    unit: "ms",
    today: times.today,
    tenantry: times.tenantry,
    ratio: times.better,
  };
}

/** Milliseconds of one statement that adds `rows` rows. */
async function writeBulk(sides: Sides, table: Table, rows: number, triggers: Triggers): Promise<number> {
  await choose(sides, table, triggers);
  return await time(() => write(sides, table, 1, rows));
}

async function write({ app, context }: Sides, table: Table, from: number, to: number): Promise<void> {
  await app.query(
    `begin; select set_config('tenantry.context', '${context}', true); ${insert(table, from, to)}; commit`,
  );
}

function insert(table: Table, from: number, to: number): string {
  const { columns, values } = ROWS[table];
  return from === to
    ? `insert into pooled.${table} (${columns}) values (${values.replace("|| n", `|| ${from}`)})`
    : `insert into pooled.${table} (${columns}) select ${values} from generate_series(${from}, ${to}) n`;
}

const ROWS: Readonly<Record<Table, { readonly columns: string; readonly values: string }>> = {
  topics: { columns: "name", values: "'t' || n" },
  usage_events: {
    columns: "idempotency_key, metric, quantity, occurred_at",
    values: "'k' || n, 'messages', 1, now()",
  },
};

/** An empty table with the triggers of one side; what a first statement costs a session is spent before the clock runs. */
async function choose(sides: Sides, table: Table, triggers: Triggers): Promise<void> {
  const { owner } = sides;
  await owner.query(
    `alter table pooled.${table} disable trigger user; truncate pooled.${table} cascade; truncate tenantry.usage, public.bench_counters`,
  );
  const chosen = triggers === "quotas" ? "user" : triggers;
  if (chosen !== "none") await owner.query(`alter table pooled.${table} enable trigger ${chosen}`);
  if (table === "topics" && chosen === "user") {
    for (const name of Object.keys(ROW_TRIGGERS)) {
      await owner.query(`alter table pooled.topics disable trigger ${name}`);
    }
  }
  await write(sides, table, 0, 0);
}
