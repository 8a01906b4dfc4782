/** Nobody reaches another tenant's rows. Each guard has its control: the attack that it stops succeeds once it is gone. */
import type { Client } from "pg";
import { attempt, failure, type GuardedCell, idsOf, startGuardedCell } from "./guarded-cell";

const { cedar, fir, birch, elm } = idsOf;
const DENIED = "42501";

let cell: GuardedCell;
let app: Client;
let birchLogin: Client;
/** Contexts of the two pooled tenants. */
let asCedar: string;
let asFir: string;

beforeAll(async () => {
  cell = await startGuardedCell();
  app = await cell.session("app");
  birchLogin = await cell.session("birch");
  asCedar = cell.context(cedar, { expiresInSeconds: 600 });
  asFir = cell.context(fir, { expiresInSeconds: 600 });
  for (const context of [asCedar, asFir])
    await write(app, context, "insert into pooled.topics (name) values ('orders')");
  for (const slug of ["birch", "elm"] as const) {
    const login = await cell.session(slug);
    await login.query("insert into topics (name) values ('orders')");
  }
});
afterAll(() => cell?.stop());

async function write(client: Client, context: string, sql: string): Promise<void> {
  await client.query("begin");
  await client.query("select set_config('tenantry.context', $1, true)", [context]);
  await client.query(`${sql}; commit`);
}

const tenantsSeen = async (client: Client, context: string | undefined, from = "pooled.topics") =>
  (await attempt(client, context, `select distinct tenant_id from ${from} order by 1`)).flat();

/** Takes a guard away, tries, and lets the guard be repaired. */
async function withoutGuard<T>(schema: string, sabotage: string, attack: () => Promise<T>): Promise<T> {
  await cell.asOwner(sabotage);
  try {
    return await attack();
  } finally {
    await cell.guard(schema);
  }
}

describe("a pooled tenant", () => {
  test("reads, changes and deletes its own rows, in every table", async () => {
    for (const table of await pooledTables()) {
      expect([table, await tenantsSeen(app, asCedar, `pooled.${table}`)]).toEqual([
        table,
        table === "topics" ? [cedar] : [],
      ]);
    }
    expect(await attempt(app, asCedar, "update pooled.topics set name = 'renamed' returning tenant_id")).toEqual([
      [cedar],
    ]);
    expect(await attempt(app, asCedar, "delete from pooled.topics returning tenant_id")).toEqual([[cedar]]);
    expect(await tenantsSeen(await cell.session("reader"), asFir)).toEqual([fir]);
  });

  test("meets no rows without a context, and writes none", async () => {
    expect(await tenantsSeen(app, undefined)).toEqual([]);
    expect(await tenantsSeen(app, "")).toEqual([]);
    expect(await attempt(app, undefined, "update pooled.topics set name = 'x' returning 1")).toEqual([]);
    expect(await failure(app, undefined, "insert into pooled.topics (name) values ('x')")).toBe(DENIED);
    expect(await failure(app, undefined, `insert into pooled.topics (tenant_id, name) values ('${cedar}', 'x')`)).toBe(
      DENIED,
    );
  });

  test("cannot write as somebody else: not by insert, update, upsert or copy", async () => {
    const other = `values ('${fir}', 'stolen')`;
    for (const sql of [
      `insert into pooled.topics (tenant_id, name) ${other}`,
      `update pooled.topics set tenant_id = '${fir}'`,
      `insert into pooled.topics (tenant_id, name) ${other} on conflict (tenant_id, name) do update set name = 'x'`,
      `merge into pooled.topics t using (${other}) s (tenant_id, name) on false when not matched then insert (tenant_id, name) values (s.tenant_id::uuid, s.name)`,
      `with gone as (delete from pooled.topics) insert into pooled.topics (tenant_id, name) ${other}`,
    ]) {
      expect([sql, await failure(app, asCedar, sql)]).toEqual([sql, DENIED]);
    }
  });

  test("learns nothing of another tenant's rows by an error or a taken key", async () => {
    await write(app, asFir, "insert into pooled.topics (name) values ('secret')");
    expect(await failure(app, asCedar, "insert into pooled.topics (name) values ('secret')")).toBe("none");
    expect(await failure(app, asCedar, `select 1 / (tenant_id <> '${fir}')::int from pooled.topics`)).toBe("none");
    expect(await failure(app, asFir, `select 1 / (tenant_id <> '${fir}')::int from pooled.topics`)).toBe("22012");
  });

  test("cannot refer to another tenant's rows", async () => {
    const [topic] = await attempt(app, asFir, "select id from pooled.topics");
    const insert = `insert into pooled.partitions (topic_id, number) values ('${topic?.[0]}', 0)`;
    expect(await failure(app, asFir, insert)).toBe("none");
    expect(await failure(app, asCedar, insert)).toBe("23503");
    const control = await withoutGuard(
      "pooled",
      `alter table pooled.partitions drop constraint partitions_tenant_id_topic_id_fkey;
       create unique index without_tenant on pooled.topics (id);
       alter table pooled.partitions add constraint without_tenant foreign key (topic_id) references pooled.topics (id)`,
      () => failure(app, asCedar, insert),
    );
    expect(control).toBe("none"); // a reference without the tenant finds the other tenant's row
    await cell.asOwner(`alter table pooled.partitions drop constraint without_tenant; drop index pooled.without_tenant;
      alter table pooled.partitions add constraint partitions_tenant_id_topic_id_fkey
        foreign key (tenant_id, topic_id) references pooled.topics (tenant_id, id) on delete cascade`);
  });

  test("has no privilege that goes round row security", async () => {
    for (const sql of [
      "truncate pooled.topics cascade",
      "create table pooled.mine (id int)",
      "alter table pooled.topics no force row level security",
      "drop policy tenant_wall on pooled.topics",
      "create trigger t before insert on pooled.topics for each row execute function suppress_redundant_updates_trigger()",
      "set role tenantry_owner",
      "set session authorization tenantry_owner",
      "update pooled.events set type = 'x'",
      "delete from pooled.usage_events",
    ]) {
      expect([sql, await failure(app, asCedar, sql)]).toEqual([sql, DENIED]);
    }
    const reader = await cell.session("reader");
    await reader.query("set default_transaction_read_only = off");
    expect(await failure(reader, asCedar, "delete from pooled.topics")).toBe(DENIED);
    const control = await withoutGuard(
      "pooled",
      "grant truncate on all tables in schema pooled to tenantry_app",
      async () => {
        await app.query("begin");
        await app.query("truncate pooled.topics cascade");
        const { rows } = await app.query("select count(*)::int as left from pooled.topics");
        await app.query("rollback");
        return rows;
      },
    );
    expect(control).toEqual([{ left: 0 }]); // truncate does not look at policies
    expect(await failure(app, asCedar, "truncate pooled.topics cascade")).toBe(DENIED);
  });

  test("a context set for the session stays for the next user of the connection: hence transactions only", async () => {
    const pooled = await cell.session("app");
    await pooled.query("select set_config('tenantry.context', $1, false)", [asCedar]);
    expect(await tenantsSeen(pooled, undefined)).toEqual([cedar]);
    expect(await tenantsSeen(pooled, asFir)).toEqual([fir]); // what is presented in the transaction wins
    await pooled.query("discard all");
    expect(await tenantsSeen(pooled, undefined)).toEqual([]);
  });
});

describe("the pooled guards, one by one", () => {
  test("the wall holds when a permissive policy is widened", async () => {
    const widen = "create policy everything on pooled.topics for select to tenantry_app using (true)";
    expect(await withoutGuard("pooled", widen, () => tenantsSeen(app, asCedar))).toEqual([cedar]);
    const both = `${widen}; drop policy tenant_wall on pooled.topics`;
    expect(await withoutGuard("pooled", both, () => tenantsSeen(app, asCedar))).toEqual([cedar, fir].sort());
    expect(await tenantsSeen(app, asCedar)).toEqual([cedar]);
  });

  test("no policy is no rows; no row security is all rows", async () => {
    const dropped = "drop policy tenant_access on pooled.topics";
    expect(await withoutGuard("pooled", dropped, () => tenantsSeen(app, asCedar))).toEqual([]);
    const disabled = "alter table pooled.topics disable row level security";
    expect(await withoutGuard("pooled", disabled, () => tenantsSeen(app, undefined))).toEqual([cedar, fir].sort());
    expect(await tenantsSeen(app, undefined)).toEqual([]);
  });

  test("force keeps the owner out; its own sessions get an error rather than silence", async () => {
    const migrator = await cell.session("migrator");
    expect(await tenantsSeen(migrator, undefined)).toEqual([]);
    expect(await attempt(migrator, undefined, "update pooled.topics set name = 'x' returning 1")).toEqual([]);
    await migrator.query("set row_security = off");
    expect(await failure(migrator, undefined, "select * from pooled.topics")).toBe(DENIED);
    expect(await failure(migrator, undefined, "update pooled.topics set name = 'x'")).toBe(DENIED);
    expect(await failure(cell.admin, undefined, "select * from pooled.topics")).toBe(DENIED);
    const noForce = "alter table pooled.topics no force row level security";
    const control = await withoutGuard("pooled", noForce, () => tenantsSeen(migrator, undefined));
    expect(control).toEqual([cedar, fir].sort());
  });

  test("a view of the owner shows nothing more", async () => {
    await cell.asOwner(
      "create view pooled.all_topics as select * from pooled.topics; grant select on pooled.all_topics to tenantry_app",
    );
    expect(await tenantsSeen(app, asCedar, "pooled.all_topics")).toEqual([]);
    await cell.asOwner("drop view pooled.all_topics");
  });

  test("the default is the tenant of the context, in every table", async () => {
    const { rows } = await cell.admin.query(
      `select count(*)::int as tables, count(*) filter (where column_default = 'tenantry.current_tenant()')::int as defaults
       from information_schema.columns where table_schema = 'pooled' and column_name = 'tenant_id'`,
    );
    expect(rows[0]?.tables).toBeGreaterThanOrEqual(13);
    expect(rows[0]?.defaults).toBe(rows[0]?.tables);
  });
});

describe("a tenant with a schema", () => {
  test("reads and writes its own rows without a context, whatever it presents", async () => {
    expect(await tenantsSeen(birchLogin, undefined, "topics")).toEqual([birch]);
    expect(await tenantsSeen(birchLogin, asCedar, "topics")).toEqual([birch]);
    expect(await attempt(birchLogin, undefined, "update topics set name = 'renamed' returning tenant_id")).toEqual([
      [birch],
    ]);
  });

  test("reaches no other schema, whatever it sets", async () => {
    for (const sql of [
      "select * from tenant_elm.topics",
      "select * from pooled.topics",
      "select * from tenantry.keys",
      "select tenantry.current_tenant()",
      "insert into tenant_elm.topics (name) values ('x')",
      "set role role_elm",
      "set role tenantry_owner",
      "set role tenantry_app",
      "set session authorization login_elm_a",
      "create schema mine",
      "create table tenant_birch.mine (id int)",
      "create table public.mine (id int)",
      "create temporary table mine (id int)",
      "truncate topics cascade",
      "update events set type = 'x'",
    ]) {
      expect([sql, await failure(birchLogin, undefined, sql)]).toEqual([sql, DENIED]);
    }
    const elmLogin = await cell.session("elm");
    expect(await tenantsSeen(elmLogin, undefined, "topics")).toEqual([elm]);
  });

  test("cannot hold a row of somebody else: the check refuses it", async () => {
    const insert = `insert into topics (tenant_id, name) values ('${elm}', 'x')`;
    expect(await failure(birchLogin, undefined, insert)).toBe("23514");
    expect(await failure(birchLogin, undefined, `update topics set tenant_id = '${elm}'`)).toBe("23514");
    const control = await withoutGuard(
      "tenant_birch",
      "alter table tenant_birch.topics drop constraint tenant_wall",
      () => failure(birchLogin, undefined, insert),
    );
    expect(control).toBe("none");
    expect(await failure(birchLogin, undefined, insert)).toBe("23514");
  });

  test("control: a grant is all that keeps tenants apart here, and the guard takes it back", async () => {
    const grant = "grant usage on schema tenant_elm to role_birch; grant select on tenant_elm.topics to role_birch";
    const control = await withoutGuard("tenant_elm", grant, () =>
      tenantsSeen(birchLogin, undefined, "tenant_elm.topics"),
    );
    expect(control).toEqual([elm]);
    expect(await failure(birchLogin, undefined, "select * from tenant_elm.topics")).toBe(DENIED);
  });
});

describe("one connection that serves one tenant after the other", () => {
  const MINE = "select distinct tenant_id from pooled.topics";

  /** Who is seen in turn: often enough for PostgreSQL to go over to one plan for all, and as nobody in between. */
  async function inTurn(client: Client, sql: string): Promise<readonly unknown[]> {
    const seen: unknown[] = [];
    for (const context of [...Array.from({ length: 6 }, () => asCedar), asFir, undefined, asCedar, asFir])
      seen.push(...(await attempt(client, context, sql)).flat());
    return seen;
  }
  const RIGHT = [...Array.from({ length: 6 }, () => cedar), fir, cedar, fir];

  /** A connection that has each way of keeping a plan. */
  async function withPlans(mode: string): Promise<Client> {
    const client = await cell.session("app");
    await client.query(
      `set plan_cache_mode = ${mode}; prepare mine as ${MINE}; prepare one (text) as ${MINE} where name = $1`,
    );
    return client;
  }
  const KEPT = ["execute mine", "execute one ('orders')", "select pooled.seen()", "select pooled.seen_in_sql()"];

  beforeAll(() =>
    cell.asOwner(`
      create function pooled.seen() returns setof uuid language plpgsql stable as $$ begin return query ${MINE}; end $$;
      create function pooled.seen_in_sql() returns setof uuid language sql volatile as $$ ${MINE} $$;
      grant execute on function pooled.seen(), pooled.seen_in_sql() to tenantry_app`),
  );
  afterAll(() => cell.asOwner("drop function pooled.seen(); drop function pooled.seen_in_sql()"));

  test.each(["auto", "force_generic_plan", "force_custom_plan"])(
    "no plan that it keeps remembers a tenant: %s",
    async (mode) => {
      const client = await withPlans(mode);
      for (const sql of KEPT) expect([sql, await inTurn(client, sql)]).toEqual([sql, RIGHT]);
      await client.end();
    },
  );

  test("control: an immutable function would be part of the plan, and its tenant with it", async () => {
    await cell.tamper("alter function tenantry.current_tenant() immutable");
    const client = await withPlans("force_generic_plan");
    const seen = await inTurn(client, "execute mine");
    await cell.tamper("alter function tenantry.current_tenant() stable");
    await client.end();
    expect(seen).toEqual(Array.from({ length: 10 }, () => cedar));
  });

  const present = (context: string) => app.query("select set_config('tenantry.context', $1, true)", [context]);
  const fetch = async (count: number | "all") =>
    (await app.query<unknown[]>({ text: `fetch ${count} from mine`, rowMode: "array" })).rows.flat();

  test("a cursor is the tenant's who fetched its first row, to its end", async () => {
    const rows = "select tenant_id from pooled.topics order by name";
    await app.query("begin");
    await present(asCedar);
    await app.query("insert into pooled.topics (name) values ('more'), ('still-more')");
    await app.query(`declare mine cursor for ${rows}`);
    const first = await fetch(1);
    await present(asFir);
    expect(new Set([...first, ...(await fetch("all"))])).toEqual(new Set([cedar]));
    await app.query(`close mine; declare mine cursor for ${rows}`);
    await present(asCedar);
    expect(new Set(await fetch("all"))).toEqual(new Set([cedar]));
    await app.query(`close mine; declare mine cursor for ${rows}`);
    await present("");
    expect(await fetch("all")).toEqual([]);
    await app.query("rollback");
  });

  test("one that is held outlives its tenant's transaction, with rows of that tenant: hence no connection with one is handed on", async () => {
    await app.query("begin");
    await present(asFir);
    await app.query("declare mine cursor with hold for select distinct tenant_id from pooled.topics; commit");
    await app.query("begin");
    await present(asCedar);
    expect(await fetch("all")).toEqual([fir]);
    expect(await tenantsSeen(app, asCedar)).toEqual([cedar]);
    await app.query("discard all");
    await expect(fetch("all")).rejects.toMatchObject({ code: "34000" });
  });
});

async function pooledTables(): Promise<readonly string[]> {
  const { rows } = await cell.admin.query<{ name: string }>(
    "select relname as name from pg_class where relnamespace = 'pooled'::regnamespace and relkind = 'r' order by 1",
  );
  return rows.map(({ name }) => name);
}
