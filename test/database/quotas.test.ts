/** Quotas are kept by the database: exactly, in every tier, whoever writes at the same time. */
import type { Client } from "pg";
import { signContext } from "../../client/context";
import { cellSecretPath, tenantSecretPath } from "../../registry/names";
import { idOf, line, startTestCell, type TestCell } from "./test-cell";

const QUOTAS = " quotas.messagesPerMonth=1000 quotas.partitionsPerTopic=2 quotas.storageGb=1 quotas.topics=3";
const PLANS = {
  enterprise: `dedicated workMem=256MB statementTimeout=60s connections=50${QUOTAS}`,
  free: `pooled workMem=32MB statementTimeout=10s${QUOTAS}`,
  growth: `schema workMem=128MB statementTimeout=30s connections=50${QUOTAS}`,
};
/** A cell of mixed tiers, so that one server serves all tests. */
const TIERS = { cedar: "pooled", fir: "pooled", birch: "schema", acme: "dedicated" } as const;
type Slug = keyof typeof TIERS;
const SLUGS: readonly Slug[] = ["cedar", "birch", "acme"];
const lines = (more: Partial<Record<Slug, string>> = {}) =>
  Object.fromEntries(
    Object.entries(TIERS).map(([slug, tier]) => [slug, line(slug, tier, "active", more[slug as Slug])]),
  );

let cell: TestCell;
const open: Client[] = [];
let sessions: Record<Slug, Client>;

beforeAll(async () => {
  cell = await startTestCell();
  await settle(lines());
  sessions = {
    cedar: await session("cedar"),
    fir: await session("fir"),
    birch: await session("birch"),
    acme: await session("acme"),
  };
});
afterAll(async () => {
  await Promise.all(open.map((client) => client.end()));
  await cell?.stop();
});

async function settle(tenants: Readonly<Record<string, string>>) {
  const { state, failures } = await cell.up(tenants, { plans: PLANS });
  expect(failures).toEqual([]);
  return state;
}

async function session(slug: Slug): Promise<Client> {
  const path = TIERS[slug] === "pooled" ? cellSecretPath("eu-1", "app") : tenantSecretPath(slug);
  const client = await cell.login(cell.store.value(path, "username"), cell.store.value(path, "password"));
  open.push(client);
  if (TIERS[slug] === "pooled") {
    const key = {
      kid: cell.store.value(cellSecretPath("eu-1", "context"), "kid"),
      key: cell.store.value(cellSecretPath("eu-1", "context"), "key"),
    };
    // The test's own connection: each is one tenant's for good.
    await client.query("select set_config('tenantry.context', $1, false)", [
      signContext(key, idOf(slug), { expiresInSeconds: 600 }),
    ]);
  }
  return client;
}

/** Takes everything away again that a test made. */
afterEach(async () => {
  await cell.tamper(
    ["pooled", "tenant_birch", "tenant_acme"]
      .flatMap((schema) =>
        ["topics", "usage_events", "organizations", "users"].map((table) => `delete from ${schema}.${table}`),
      )
      .join(";"),
  );
  const left = "select tenant_id, quota from tenantry.usage group by 1, 2, period, grp having sum(used) <> 0";
  expect(await cell.tamper(left)).toEqual([]);
  await cell.tamper("delete from tenantry.usage");
});

const used = async (slug: Slug, quota: string) =>
  (
    await cell.tamper(
      `select grp, sum(used)::float as used from tenantry.usage where tenant_id = '${idOf(slug)}' and quota = '${quota}' group by grp order by 2, 1`,
    )
  ).map(({ used }) => used);

const topics = (from: number, to: number) =>
  `insert into topics (name) select 't' || n from generate_series(${from}, ${to}) n`;

const months = (quantity: number, month = "2026-03", metric = "messages") =>
  `insert into usage_events (idempotency_key, metric, quantity, occurred_at)
   values (gen_random_uuid(), '${metric}', ${quantity}, '${month}-15')`;
const TOPIC = "00000000-0000-4000-8000-00000000000";
const partitions = (topic: number, from: number, to: number) =>
  `insert into partitions (topic_id, number) select '${TOPIC}${topic}', n from generate_series(${from}, ${to}) n`;
const refused = { code: "TQ001" };

describe.each(SLUGS)("%s", (slug) => {
  test("the fourth topic of three is refused, and says why", async () => {
    const client = sessions[slug];
    await client.query(topics(1, 3));
    await expect(client.query(topics(4, 4))).rejects.toMatchObject({
      code: "TQ001",
      message: expect.stringMatching(/^quota topics of plan (free|growth|enterprise): 3 of 3 used$/),
      detail: "quota=topics limit=3 used=3 asked=1",
      hint: "Remove what is not needed, or have the limit raised.",
    });
    await client.query("delete from topics where name = 't2'");
    await client.query(topics(4, 4));
    expect(await used(slug, "topics")).toEqual([3]);
  });

  test("what is rolled back, or was there already, is not counted", async () => {
    const client = sessions[slug];
    await client.query(`begin; ${topics(1, 2)}; rollback; begin; ${topics(1, 1)}; savepoint s; ${topics(2, 3)};
      rollback to savepoint s; commit`);
    expect(await used(slug, "topics")).toEqual([1]);
    await client.query("insert into topics (name) values ('t1'), ('t2') on conflict do nothing");
    await client.query(
      "insert into topics (name) values ('t2') on conflict (tenant_id, name) do update set settings = '{}'",
    );
    expect(await used(slug, "topics")).toEqual([2]);
    await expect(client.query(`begin; ${topics(3, 4)}`)).rejects.toMatchObject(refused);
    await client.query("rollback");
    expect(await used(slug, "topics")).toEqual([2]);
  });

  test("partitions are counted by their topic, also when they move, and go with it", async () => {
    const client = sessions[slug];
    await client.query(`insert into topics (id, name) values ('${TOPIC}1', 'a'), ('${TOPIC}2', 'b')`);
    await client.query(`${partitions(1, 1, 2)}; ${partitions(2, 3, 3)}`);
    await expect(client.query(partitions(1, 3, 3))).rejects.toMatchObject(refused);
    await client.query("update partitions set next_offset = 7");
    await expect(client.query(`update partitions set topic_id = '${TOPIC}1' where number = 3`)).rejects.toMatchObject(
      refused,
    );
    await client.query(`update partitions set topic_id = '${TOPIC}2' where number = 1`);
    expect(await used(slug, "partitionsPerTopic")).toEqual([1, 2]);
    await client.query(`delete from topics where id = '${TOPIC}2'`);
    expect(await used(slug, "partitionsPerTopic")).toEqual([1]);
    await client.query("delete from topics");
    expect(await used(slug, "partitionsPerTopic")).toEqual([]);
  });

  test("messages are summed by month; corrections give back, and other metrics do not count", async () => {
    const client = sessions[slug];
    await client.query(`${months(800)}; ${months(5000, "2026-03", "bytes")}; ${months(1000, "2026-04")}`);
    await expect(client.query(months(201))).rejects.toMatchObject({
      ...refused,
      message: expect.stringContaining("800 of 1000 used"),
      detail: "quota=messagesPerMonth limit=1000 used=800 asked=201",
    });
    await client.query(`${months(200)}; ${months(-50)}; ${months(49.5)}`);
    await expect(client.query(months(1))).rejects.toMatchObject(refused);
    const nothing = months(1).replace(", 1,", ", 'NaN',"); // with it in a sum, nobody would ever be below a limit
    await expect(client.query(nothing)).rejects.toMatchObject({ code: "22003" });
  });
});

describe("forty at once", () => {
  const race = async (slug: Slug, sql: (n: number) => string): Promise<number> => {
    const clients = await Promise.all(Array.from({ length: 40 }, () => session(slug)));
    const results = await Promise.allSettled(clients.map((client, n) => client.query(sql(n))));
    await Promise.all(clients.map((client) => client.end()));
    open.splice(-40);
    for (const result of results) if (result.status === "rejected") expect(result.reason.code).toBe("TQ001");
    return results.filter(({ status }) => status === "fulfilled").length;
  };

  test.each(["cedar", "birch"] as const)("%s gets three topics", async (slug) => {
    expect(await race(slug, (n) => topics(n, n))).toBe(3);
    expect(await used(slug, "topics")).toEqual([3]);
  });

  test("sums from 90 % on are exact too", async () => {
    await sessions.cedar.query(months(900));
    expect(await race("cedar", () => months(9))).toBe(11);
  });
});

test("copied rows count", async () => {
  const copy = (rows: string) => cell.tamper(`copy tenant_birch.topics (name) from program 'printf "${rows}"'`);
  await expect(copy("a\\nb\\nc\\nd\\n")).rejects.toMatchObject(refused);
  await copy("a\\nb\\nc\\n");
  expect(await used("birch", "topics")).toEqual([3]);
});

test("one statement over several tenants counts for each", async () => {
  const ids = `('${idOf("cedar")}'), ('${idOf("fir")}')`;
  const make = (n: number) =>
    `insert into pooled.topics (tenant_id, name) select t::uuid, 't' || n from (values ${ids}) v (t), generate_series(1, ${n}) n`;
  await expect(cell.tamper(make(4))).rejects.toMatchObject(refused);
  await cell.tamper(make(3));
  expect(await used("fir", "topics")).toEqual([3]);
  await cell.tamper(`delete from pooled.topics where name = 't1'; update pooled.topics set tenant_id = '${idOf("fir")}', name = 'u'
    where tenant_id = '${idOf("cedar")}' and name = 't2'`);
  expect([await used("cedar", "topics"), await used("fir", "topics")]).toEqual([[1], [3]]);
});

test("a limit that is changed acts at the next `up`, in sessions that are open", async () => {
  const { cedar, birch } = sessions;
  await settle(lines({ cedar: " quotas.topics=5", birch: " quotas.topics=1" }));
  await cedar.query(topics(1, 5));
  await birch.query(topics(1, 1));
  await settle(lines());
  await expect(cedar.query(topics(6, 6))).rejects.toMatchObject({ message: expect.stringContaining("5 of 3 used") });
  await cedar.query("update topics set settings = '{}'; delete from topics where name = 't1'");
  await birch.query(topics(2, 3));
  await settle({ ...lines(), cedar: line("cedar", "pooled", "active", " quotas.topics=0") });
  await expect(cedar.query(topics(6, 6))).rejects.toMatchObject({ message: expect.stringContaining("4 of 0 used") });
  await settle(lines());
});

describe("what keeps them", () => {
  const schemaOf = { cedar: "pooled", birch: "tenant_birch" } as const;
  const drift = async (slug: "cedar" | "birch") => {
    const { shared, tenants } = await cell.report();
    return (slug === "cedar" ? shared["schema pooled"] : tenants[slug]) ?? "";
  };

  test.each([
    ["cedar", "drop trigger tenantry_quota_topics_insert on pooled.topics"],
    ["cedar", "alter table pooled.topics disable trigger tenantry_quota_topics_insert"],
    ["birch", "drop trigger tenantry_quota_topics_insert on tenant_birch.topics"],
    ["birch", "alter table tenant_birch.topics disable trigger user"],
  ] as const)(
    "%s: %s, and the limit is gone; it is told, put back, and the rows are counted",
    async (slug, sabotage) => {
      await cell.tamper(`set role tenantry_owner; ${sabotage}`);
      await sessions[slug].query(topics(1, 5));
      expect(await drift(slug)).toMatch(/topics trigger tenantry_quota_topics/);
      await settle(lines());
      expect(await drift(slug)).not.toMatch(/drift|topics/);
      expect(await used(slug, "topics")).toEqual([5]);
      await expect(sessions[slug].query(topics(6, 6))).rejects.toMatchObject({
        message: expect.stringContaining("5 of 3 used"),
      });
      expect(
        await cell.tamper(
          `select relforcerowsecurity as forced from pg_class where oid = '${schemaOf[slug]}.topics'::regclass`,
        ),
      ).toEqual([{ forced: slug === "cedar" }]);
    },
  );

  test.each([
    ["the application", "cells/eu-1/app"],
    ["a tenant", "tenants/birch/db"],
    ["a migrator", "cells/eu-1/migrator"],
  ])("%s can neither read nor write counters, limits and what was measured", async (_who, path) => {
    for (const sql of [
      "select * from tenantry.usage",
      "update tenantry.usage set used = 0",
      "delete from tenantry.storage",
      "update tenantry.plans set line = ''",
      "select tenantry.limits_in('')",
      "select tenantry.refuse_use('', '', 1, 1, 1)",
      "select tenantry.tenantry_quota_topics()",
    ]) {
      await expect(cell.as(path, sql)).rejects.toMatchObject({ code: "42501" });
    }
  });

  test("a migrator cannot count rows of its own for somebody", async () => {
    const attach = `create table pooled.mine (tenant_id uuid); create trigger t after insert on pooled.mine
      referencing new table as changed for each statement execute function tenantry.tenantry_quota_topics()`;
    await expect(cell.as("cells/eu-1/migrator", attach)).rejects.toMatchObject({ code: "42501" });
  });

  test("a migrator's own cast is not run with the rights of those who count", async () => {
    const client = await cell.login(cell.server.superuser.user, cell.server.superuser.password);
    open.push(client);
    const own = `create type pooled.own as (v numeric);
      create function pooled.amount(pooled.own) returns numeric language plpgsql as
        'begin raise invalid_parameter_value using message = current_user; end';
      create cast (pooled.own as numeric) with function pooled.amount as implicit;
      drop trigger tenantry_quota_messages_per_month_update on pooled.usage_events;
      alter table pooled.usage_events alter quantity type pooled.own using row(quantity)::pooled.own`;
    const write = `insert into pooled.usage_events (tenant_id, idempotency_key, metric, quantity, occurred_at)
      values ('${idOf("cedar")}', 'a', 'messages', row(1), now())`;
    await client.query(`begin; ${own}; savepoint s`);
    await expect(client.query(write)).rejects.toMatchObject({ code: "22P02" });
    // The control: a column that is added up as it is.
    const { rows } = await client
      .query<{ text: string }>(
        "rollback to s; select pg_get_functiondef('tenantry.tenantry_quota_messages_per_month'::regproc) as text",
      )
      .then((results) => [results].flat().at(-1) ?? { rows: [] });
    await client.query(`grant usage on schema pooled to tenantry_control; grant execute on function pooled.amount to public;
      ${rows[0]?.text.replaceAll('concat(c."quantity")::numeric', "c.quantity")}`);
    await expect(client.query(write)).rejects.toMatchObject({ code: "22023", message: "tenantry_control" });
    await client.query("rollback");
  });
});

describe("a tenant that is frozen", () => {
  const measured = (bytes: number) =>
    cell.tamper(`insert into tenantry.storage values ('${idOf("cedar")}', ${bytes}, false, true), ('${idOf("birch")}', ${bytes}, false, true)
      on conflict (tenant_id) do update set bytes = excluded.bytes`);
  afterEach(() => cell.tamper("delete from tenantry.storage"));

  test.each(["cedar", "birch"] as const)("%s reads and deletes, and adds nothing", async (slug) => {
    const client = sessions[slug];
    await client.query(`insert into organizations (id, name, slug) values ('${TOPIC}1', 'One', 'one');
      insert into users (id, email) values ('${TOPIC}2', 'a@b');
      insert into api_keys (organization_id, created_by, name, key_prefix, key_hash) values
        ('${TOPIC}1', '${TOPIC}2', 'k', 'abcd', sha256('a'))`);
    await measured(1073741824);
    for (const sql of [
      topics(1, 1),
      "update users set name = 'long'",
      "insert into events (stream, version, type, data) values ('s', 1, 't', '{}')",
    ]) {
      await expect(client.query(sql)).rejects.toMatchObject({
        code: "TQ002",
        message: expect.stringMatching(/^quota storageGb of plan \w+: 1.00 of 1 used$/),
      });
    }
    // Its keys stay, and no longer name it: what follows from a delete is let through.
    await client.query("delete from users");
    expect((await client.query("select created_by from api_keys")).rows).toEqual([{ created_by: null }]);
    await sessions.acme.query(topics(1, 1));
    await measured(966367641);
    await client.query(topics(1, 1));
  });

  test("is free at once when its limit is raised", async () => {
    await measured(1073741824);
    await settle(lines({ cedar: " quotas.storageGb=2" }));
    await sessions.cedar.query(topics(1, 1));
    await settle(lines());
  });
});

test("a cell from before gets its limits and counters with the next `up`", async () => {
  await sessions.cedar.query(
    `insert into topics (id, name) values ('${TOPIC}1', 'a'); ${partitions(1, 1, 2)}; ${months(7)}`,
  );
  await sessions.birch.query(`${topics(1, 2)}; ${months(3)}; ${months(5)}`);
  await cell.tamper(`do $$ declare t record; begin
    for t in select tgname, tgrelid::regclass as on_table from pg_trigger where tgname like 'tenantry_quota_%' loop
      execute format('drop trigger %I on %s', t.tgname, t.on_table);
    end loop;
    for t in select oid::regprocedure as name from pg_proc where proname like 'tenantry_quota_%' loop
      execute 'drop function ' || t.name;
    end loop; end $$;
    drop table tenantry.usage, tenantry.storage;
    drop function tenantry.refuse_frozen, tenantry.refuse_use, tenantry.storage_limit;
    alter table tenantry.tenants drop column limits; alter table tenantry.plans drop column limits;
    drop function tenantry.limits_in;
    delete from tenantry.migrations where schema_name = 'tenantry' and file like '%_quotas.sql'; delete from tenantry.shapes`);
  await settle(lines());
  expect(
    await cell.tamper(
      "select schema_name, quota, sum(used)::int as used from tenantry.usage group by 1, 2 order by 1, 2",
    ),
  ).toEqual([
    { schema_name: "pooled", quota: "messagesPerMonth", used: 7 },
    { schema_name: "pooled", quota: "partitionsPerTopic", used: 2 },
    { schema_name: "pooled", quota: "topics", used: 1 },
    { schema_name: "tenant_birch", quota: "messagesPerMonth", used: 8 },
    { schema_name: "tenant_birch", quota: "topics", used: 2 },
  ]);
  await expect(sessions.cedar.query(partitions(1, 3, 3))).rejects.toMatchObject(refused);
});
