/**
 * What row security makes of a statement's plan: the indexes still serve, the context is looked at once for each table, queries
 * still run in parallel. Counted and planned by PostgreSQL itself, each with the policy that would spoil it.
 */
import { Client } from "pg";
import { attempt, type GuardedCell, idsOf, startGuardedCell } from "./guarded-cell";

const { cedar } = idsOf;
const FUNCTION = "'tenantry.current_tenant()'::regprocedure";

let cell: GuardedCell;
let app: Client;
let birchLogin: Client;
let superuser: Client;
let asCedar: string;

beforeAll(async () => {
  cell = await startGuardedCell();
  app = await cell.session("app");
  birchLogin = await cell.session("birch");
  asCedar = cell.context(cedar, { expiresInSeconds: 600 });
  const { user, password } = cell.server.superuser;
  superuser = new Client({ ...cell.pool, user, password });
  await superuser.connect();
  await superuser.query("alter role tenantry_app set track_functions = 'all'");
  await superuser.query("update tenantry.plans set line = replace(line, 'quotas.topics=3', 'quotas.topics=1000')");
  await superuser.query(ROWS, [Object.values(idsOf)]);
  app = await cell.session("app");
});
afterAll(async () => {
  await superuser?.end();
  await cell?.stop();
});

/** Forty topics with two partitions each, and enough events to be worth two processes, for each tenant. */
const ROWS = `
  with topics as (
    insert into pooled.topics (tenant_id, name)
    select tenant, 'topic-' || n from unnest($1::uuid[]) tenant, generate_series(1, 40) n
    returning tenant_id, id
  ), events as (
    insert into pooled.events (tenant_id, stream, version, type, data)
    select tenant, 'orders', n, 'placed', '{}' from unnest($1::uuid[]) tenant, generate_series(1, 2000) n
  )
  insert into pooled.partitions (tenant_id, topic_id, number)
  select tenant_id, id, number from topics, generate_series(0, 1) number`;

/** Runs statements as the owner of the tables, tries, and repairs the schema. */
async function withPolicies<T>(policies: string, act: () => Promise<T>): Promise<T> {
  await cell.asOwner(policies);
  try {
    return await act();
  } finally {
    await cell.guard("pooled");
  }
}

/** The plan of the statement as lines of text. The tables are nearly empty: it asks what an index could do. */
async function plan(client: Client, context: string | undefined, sql: string): Promise<string> {
  await client.query("set enable_seqscan = off");
  const rows = await attempt(client, context, `explain (costs off) ${sql}`);
  await client.query("reset enable_seqscan");
  return rows.flat().join("\n");
}

describe("indexes", () => {
  interface Index {
    readonly name: string;
    readonly table: string;
    readonly keys: readonly string[];
    readonly predicate: string | null;
  }

  const readIndexes = async (): Promise<readonly Index[]> => {
    const { rows } = await superuser.query<Index>(
      `select indexrelid::regclass::text as name, indrelid::regclass::text as table, pg_get_expr(indpred, indrelid) as predicate,
         array(select pg_get_indexdef(indexrelid, n, false) from generate_series(1, indnkeyatts) n) as keys
       from pg_index join pg_class c on c.oid = indrelid
       where relnamespace = 'pooled'::regnamespace and pg_get_indexdef(indexrelid, 1, false) = 'tenant_id'`,
    );
    return rows;
  };

  /** The plan of a search by all that comes after the tenant in the index's key, when the table has this index alone. */
  async function searchBy({ name, table, keys, predicate }: Index): Promise<string> {
    const equal = keys.slice(1).map((key, at) => `${key} = $${at + 1}`);
    const where = [...equal, ...(predicate === null ? [] : [predicate]), "true"].join(" and ");
    await superuser.query("begin");
    try {
      await superuser.query(
        "update pg_index set indisvalid = false where indrelid = $1::regclass and indexrelid <> $2::regclass",
        [table, name],
      );
      await superuser.query("set local enable_seqscan = off; set local enable_bitmapscan = off");
      await superuser.query("set local session authorization tenantry_app");
      const { rows } = await superuser.query({
        text: `explain (generic_plan, costs off) select from ${table} where ${where}`,
        rowMode: "array",
      });
      return rows.flat().join("\n");
    } finally {
      await superuser.query("rollback");
    }
  }

  test("every one that begins with the tenant is searched by its whole key", async () => {
    const indexes = await readIndexes();
    expect(indexes.length).toBeGreaterThan(20);
    for (const index of indexes) {
      const text = await searchBy(index);
      const condition = /Index Cond: (.*)/.exec(text)?.[1] ?? "";
      expect([index.name, text]).toEqual([index.name, expect.stringContaining(`using ${index.name.split(".")[1]}`)]);
      expect([index.name, condition]).toEqual([index.name, expect.stringContaining("(tenant_id = (InitPlan 1).col1)")]);
      for (let key = 1; key < index.keys.length; key++)
        expect([index.name, condition]).toEqual([index.name, expect.stringContaining(`= $${key})`)]);
      expect([index.name, text]).toEqual([index.name, expect.not.stringMatching(/Filter|SubPlan/)]);
    }
  });

  test("control: a policy that compares anything but the column itself is looked at row by row", async () => {
    const [name] = (await readIndexes()).filter(({ table }) => table === "pooled.topics");
    if (!name) throw new Error("topics has no index");
    const asText = "(tenant_id::text = (select tenantry.current_tenant())::text)";
    const text = await withPolicies(
      `alter policy tenant_access on pooled.topics using ${asText}; alter policy tenant_wall on pooled.topics using ${asText}`,
      () => searchBy(name),
    );
    expect(text).toMatch(/Filter: \(\(tenant_id\)::text = /);
  });

  test("a tenant's own schema needs no such thing, and searches the documents by their index", async () => {
    expect(await plan(birchLogin, undefined, `select * from events where data @> '{"a": 1}'`)).toMatch(
      /events_data_idx/,
    );
    expect(await plan(app, asCedar, `select * from pooled.events where data @> '{"a": 1}'`)).not.toMatch(
      /events_data_idx/,
    );
    expect(await plan(birchLogin, undefined, "select * from events")).not.toMatch(/InitPlan/);
  });
});

describe("the context is looked at", () => {
  /** How often the function ran for the statement, by PostgreSQL's own count. */
  async function looks(sql: string): Promise<number> {
    await app.query("begin");
    try {
      await app.query("select set_config('tenantry.context', $1, true)", [asCedar]);
      const before = await calls();
      await app.query(sql);
      return (await calls()) - before;
    } finally {
      await app.query("rollback");
    }
  }

  async function calls(): Promise<number> {
    const { rows } = await app.query(`select coalesce(pg_stat_get_xact_function_calls(${FUNCTION}), 0)::int as calls`);
    return rows[0]?.calls;
  }

  const JOIN = `select * from pooled.topics t
    join pooled.partitions p on p.topic_id = t.id
    join pooled.events e on e.version = p.number + 1
    left join pooled.consumer_offsets o on o.topic_id = t.id
    left join pooled.users u on u.id = t.id`;

  const STATEMENTS: readonly (readonly [times: number, sql: string])[] = [
    [1, "select * from pooled.topics where name = 'topic-1'"],
    [1, "select * from pooled.topics for update"],
    [2, "select * from pooled.topics one join pooled.topics other on one.name < other.name"],
    [5, JOIN],
    [2, "select * from pooled.topics t where exists (select from pooled.partitions p where p.topic_id = t.id)"],
    [2, "select * from pooled.topics where id not in (select topic_id from pooled.partitions)"],
    [2, "select name, (select count(*) from pooled.partitions p where p.topic_id = t.id) from pooled.topics t"],
    [
      2,
      "select * from pooled.topics t, lateral (select * from pooled.partitions p where p.topic_id = t.id limit 1) one",
    ],
    [2, "select name from pooled.topics union all select stream from pooled.events"],
    [1, "with mine as materialized (select * from pooled.topics) select * from mine one join mine other using (name)"],
    // What is written is checked too: once for the access and once for the wall, however many rows there are.
    [3, "update pooled.topics set settings = '{}'"],
    [4, "update pooled.topics t set settings = '{}' from pooled.partitions p where p.topic_id = t.id"],
    [2, "delete from pooled.topics t using pooled.partitions p where p.topic_id = t.id"],
    [2, `insert into pooled.topics (tenant_id, name) select '${cedar}', 'new-' || n from generate_series(1, 50) n`],
    [
      6,
      `insert into pooled.topics (tenant_id, name) select '${cedar}', 'topic-' || n from generate_series(1, 50) n
       on conflict (tenant_id, name) do update set settings = excluded.settings`,
    ],
    [
      7,
      `merge into pooled.topics t using generate_series(1, 50) n on t.name = 'topic-' || n
       when matched then update set settings = '{}'
       when not matched then insert (tenant_id, name) values ('${cedar}', 'topic-' || n)`,
    ],
  ];

  test.each(STATEMENTS)("%i times, whatever the number of rows: %s", async (times, sql) => {
    expect(await looks(sql)).toBe(times);
  });

  test("once for each row that takes its tenant from the default: name the tenant in bulk", async () => {
    expect(await looks("insert into pooled.topics (name) select 'new-' || n from generate_series(1, 50) n")).toBe(52);
  });

  test("control: twice when the two policies are worded differently, and for every row without the sub-select", async () => {
    const worded = "alter policy tenant_wall on pooled.topics using ((select tenantry.current_tenant()) = tenant_id)";
    expect(await withPolicies(worded, () => looks("select * from pooled.topics"))).toBe(2);
    const bare = ["tenant_access", "tenant_wall"]
      .map((policy) => `alter policy ${policy} on pooled.topics using (tenant_id = tenantry.current_tenant())`)
      .join("; ");
    await app.query("set enable_indexscan = off; set enable_bitmapscan = off");
    expect(await looks("select * from pooled.topics")).toBe(1);
    expect(await withPolicies(bare, () => looks("select * from pooled.topics"))).toBeGreaterThanOrEqual(160);
    await app.query("reset all");
  });
});

describe("in parallel", () => {
  /** As if the table were large: workers cost nothing, and no index is in the way. */
  async function counted(): Promise<{ readonly text: string; readonly rows: readonly (readonly unknown[])[] }> {
    const count = "select count(*)::int, count(distinct tenant_id)::int from pooled.events";
    await app.query(`set parallel_setup_cost = 0; set parallel_tuple_cost = 0; set min_parallel_table_scan_size = 0;
      set enable_indexscan = off; set enable_indexonlyscan = off; set enable_bitmapscan = off`);
    const text = (await attempt(app, asCedar, `explain (costs off) ${count}`)).flat().join("\n");
    const rows = await attempt(app, asCedar, count);
    await app.query("reset all");
    return { text, rows };
  }

  test("workers read what the context shows; control: without the mark on the function they are not used", async () => {
    const { text, rows } = await counted();
    expect(text).toMatch(/Gather.*Parallel Seq Scan on events.*Filter: \(tenant_id = \(InitPlan 1\)\.col1\)/s);
    expect(rows).toEqual([[2000, 1]]);
    await cell.tamper("alter function tenantry.current_tenant() parallel unsafe");
    const serial = await counted();
    await cell.tamper("alter function tenantry.current_tenant() parallel safe");
    expect(serial).toEqual({ text: expect.not.stringMatching(/Gather|Parallel/), rows: [[2000, 1]] });
  });

  test("a worker looks at the context itself where it has to, and is refused with a forged one", async () => {
    await app.query("set debug_parallel_query = on");
    expect(await attempt(app, asCedar, "select distinct tenant_id from pooled.topics")).toEqual([[cedar]]);
    const forged = `${asCedar.slice(0, -64)}${"0".repeat(64)}`;
    await expect(attempt(app, forged, "select tenantry.current_tenant()")).rejects.toMatchObject({ code: "42501" });
    await app.query("reset debug_parallel_query");
  });
});
