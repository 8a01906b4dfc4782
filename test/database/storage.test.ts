/** Storage is measured for every tier, and who has none left is frozen until it has some again. */
import { setTimeout as delay } from "node:timers/promises";
import type { Client } from "pg";
import { measureCell, measureCells } from "../../cli/measure-cells";
import { usageOfCells } from "../../cli/usage-of-cells";
import { signContext } from "../../client/context";
import { withClient } from "../../database/connect";
import { measurePooled, readSharedTables } from "../../database/pooled-storage";
import type { Usage } from "../../database/usage";
import { cellSecretPath, tenantSecretPath } from "../../registry/names";
import { idOf, line, SQL_DIR, startTestCell, type TestCell } from "./test-cell";

const QUOTAS = " quotas.messagesPerMonth=1000 quotas.partitionsPerTopic=2 quotas.storageGb=1 quotas.topics=1000";
const PLANS = {
  free: `pooled workMem=32MB statementTimeout=10s${QUOTAS}`,
  growth: `schema workMem=128MB statementTimeout=30s connections=50${QUOTAS}`,
};
const TIERS = { cedar: "pooled", fir: "pooled", elm: "pooled", birch: "schema" } as const;
type Slug = keyof typeof TIERS;
const linesWith = (more: Partial<Record<Slug, string>> = {}, elm = "active") =>
  Object.fromEntries(
    Object.entries(TIERS).map(([slug, tier]) => [
      slug,
      line(slug, tier, slug === "elm" ? elm : "active", more[slug as Slug]),
    ]),
  );

let cell: TestCell;
const sessions = new Map<Slug, Client>();

beforeAll(async () => {
  cell = await startTestCell();
  await settle(linesWith());
});
afterAll(async () => {
  await Promise.all([...sessions.values()].map((client) => client.end()));
  await cell?.stop();
});
afterEach(() =>
  cell.tamper("truncate pooled.events, pooled.users, tenant_birch.events cascade; delete from tenantry.storage"),
);

async function settle(tenants: Readonly<Record<string, string>>) {
  const { failures } = await cell.up(tenants, { plans: PLANS });
  expect(failures).toEqual([]);
}

const keyOf = () => ({
  kid: cell.store.value(cellSecretPath("eu-1", "context"), "kid"),
  key: cell.store.value(cellSecretPath("eu-1", "context"), "key"),
});

/** Runs a statement as the tenant, in a session that is its own. */
async function as(slug: Slug, sql: string) {
  let client = sessions.get(slug);
  if (!client) {
    const path = TIERS[slug] === "pooled" ? cellSecretPath("eu-1", "app") : tenantSecretPath(slug);
    client = await cell.login(cell.store.value(path, "username"), cell.store.value(path, "password"));
    const context = signContext(keyOf(), idOf(slug), { expiresInSeconds: 600 });
    await client.query("select set_config('tenantry.context', $1, false)", [context]);
    sessions.set(slug, client);
  }
  return await client.query(sql);
}

/** Rows that take some 1,100 bytes each, hardly to be compressed. */
const events = (rows: number, stream = "s") =>
  `insert into events (stream, version, type, data) select '${stream}', n, 't',
     jsonb_build_object('a', (select string_agg(md5(n || ' ' || m), '') from generate_series(1, 32) m))
   from generate_series(1, ${rows}) n`;

const asked = (slug?: Slug) => ({ secrets: cell.store, sqlDir: SQL_DIR, measure: true, ...(slug && { slug }) });
/** As `usage --measure` tells it. */
async function storageOf(slug: Slug): Promise<Usage | undefined> {
  const { usage, failures } = await usageOfCells([{ cell: "eu-1", connection: cell.connection }], asked(slug));
  expect(failures).toEqual([]);
  return usage.find(({ quota }) => quota === "storageGb");
}
const bytesOf = async (slug: Slug) => ((await storageOf(slug))?.used ?? Number.NaN) * 1024 ** 3;

/** A limit that a test can reach, in bytes; else it is in whole GB. */
const limit = (bytes: number | undefined) =>
  cell.tamper(`create or replace function tenantry.storage_limit(tenant uuid, quota text) returns numeric language sql stable
    return (select ${
      bytes ??
      `coalesce(t.limits -> storage_limit.quota, p.limits -> storage_limit.quota)::numeric * 1073741824
    from tenantry.tenants t left join tenantry.plans p on p.name = t.plan where t.id = tenant`
    })`);
const frozen = { code: "TQ002" };

describe.each(["cedar", "birch"] as const)("%s", (slug) => {
  afterEach(() => limit(undefined));

  test("is frozen from 100 % on, reads and deletes, and is thawed below 90 %", async () => {
    await as(slug, events(1000));
    const full = await bytesOf(slug);
    expect(full).toBeGreaterThan(1000 * 1024);
    const isFrozen = async (share: number) => {
      await limit(Math.floor(full / share));
      return (await storageOf(slug))?.frozen;
    };
    // Up through the band, and down again.
    expect(await isFrozen(0.85)).toBe(false);
    expect(await isFrozen(0.95)).toBe(false);
    await as(slug, events(1, "another"));
    expect(await isFrozen(1.001)).toBe(true);
    await expect(as(slug, events(1, "one-more"))).rejects.toMatchObject(frozen);
    expect(await isFrozen(0.95)).toBe(true);
    await expect(as(slug, events(1, "one-more"))).rejects.toMatchObject(frozen);
    expect((await as(slug, "select count(*)::int as found from events")).rows).toEqual([{ found: 1001 }]);
    expect(await isFrozen(0.85)).toBe(false);
    await as(slug, events(1, "one-more"));
  });
});

describe("pooled tenants", () => {
  test("are measured by what their rows need, together as the tables have it", async () => {
    await as("cedar", events(1000));
    await as("fir", events(250));
    const [cedar, fir] = [await bytesOf("cedar"), await bytesOf("fir")];
    expect(cedar / fir).toBeGreaterThan(3.9);
    expect(cedar / fir).toBeLessThan(4.1);
    const [size] = await cell.tamper("select pg_total_relation_size('pooled.events')::float8 as bytes");
    expect((cedar + fir) / Number(size?.bytes)).toBeGreaterThan(0.75);
    expect((cedar + fir) / Number(size?.bytes)).toBeLessThan(1.05);
    expect(await storageOf("elm")).toMatchObject({ used: 0, limit: 1, frozen: false });
  });

  test("delete, and are thawed, and nobody else is charged with what they left free", async () => {
    await as("cedar", events(1000));
    await as("fir", "insert into users (email) values ('a@b')");
    await as("fir", events(100));
    const before = await bytesOf("fir");
    await limit(Math.floor((await bytesOf("cedar")) * 0.99));
    expect(await storageOf("cedar")).toMatchObject({ frozen: true });
    expect(await storageOf("fir")).toMatchObject({ frozen: false });
    await as("fir", "update users set name = 'Ada'");
    await expect(as("cedar", "insert into users (email) values ('a@b')")).rejects.toMatchObject(frozen);
    // The application may not delete what is only added to: whoever cleans up, it shows.
    await cell.tamper(`delete from pooled.events where tenant_id = '${idOf("cedar")}' and version > 100`);
    expect(await storageOf("cedar")).toMatchObject({ frozen: false });
    await as("cedar", "insert into users (email) values ('a@b')");
    expect((await bytesOf("fir")) / before).toBeLessThan(1.2);
    await limit(undefined);
  });

  test("of many rows a part is looked at, and the share stays right", async () => {
    await as("cedar", events(1000));
    await cell.tamper("analyze pooled.events");
    const path = cellSecretPath("eu-1", "reader");
    const reader = {
      ...cell.connection,
      username: cell.store.value(path, "username"),
      password: cell.store.value(path, "password"),
    };
    const contextOf = (id: string) => signContext(keyOf(), id, { expiresInSeconds: 600 });
    const measure = (sample: number) =>
      withClient({ connection: cell.connection, cell: "eu-1", purpose: "test" }, (admin) =>
        withClient({ connection: reader, cell: "eu-1", purpose: "test" }, async (client) => {
          const tables = await readSharedTables(admin);
          return await measurePooled({ client, contextOf }, tables, [idOf("cedar")], { sample });
        }),
      );
    const [[exact], [part]] = [await measure(1000), await measure(100)];
    expect([exact?.estimated, part?.estimated]).toEqual([false, true]);
    expect((part?.bytes ?? 0) / (exact?.bytes ?? 1)).toBeCloseTo(1, 1);
  });

  test("who is suspended stays at what was measured last", async () => {
    await as("elm", events(10));
    const before = await bytesOf("elm");
    await settle(linesWith({}, "suspended"));
    await cell.tamper("truncate pooled.events");
    expect(await bytesOf("elm")).toBe(before);
    await settle(linesWith());
    expect(await bytesOf("elm")).toBe(0);
  });
});

test("without the reader's secret the others are measured, and it is told", async () => {
  const secrets = { read: async () => undefined };
  const of = { cell: "eu-1", connection: cell.connection };
  const { usage, failures } = await usageOfCells([of], { ...asked(), secrets });
  expect(failures).toEqual([
    {
      cell: "eu-1",
      what: "could not be measured",
      reason: expect.stringMatching(/ at cells\/eu-1\/reader, .*TN-603/),
    },
  ]);
  const used = Object.fromEntries(
    usage.filter(({ quota }) => quota === "storageGb").map((one) => [one.slug, one.used]),
  );
  expect(used).toEqual({ cedar: null, fir: null, elm: null, birch: expect.any(Number) });
});

test("measuring goes on after it failed, and stops when it is told to", async () => {
  let connection = { ...cell.connection, port: 1 };
  const heard: string[] = [];
  const stop = new AbortController();
  const measuring = {
    cells: () => [{ cell: "eu-1", connection }],
    secrets: cell.store,
    sqlDir: SQL_DIR,
    onFailure: (_cell: string, reason: string) => heard.push(reason),
  };
  const until = async (isSo: () => Promise<boolean>) => {
    for (let tries = 0; !(await isSo()) && tries < 500; tries++) await delay(20);
  };
  const measured = async () => (await cell.tamper("select from tenantry.storage")).length;
  const running = measureCells(measuring, 20, stop.signal);
  try {
    await until(async () => heard.length > 0);
    expect(await measured()).toBe(0);
    connection = cell.connection;
    await until(async () => (await measured()) === 4);
    expect(await measured()).toBe(4);
    expect(heard).toEqual([expect.stringContaining("TN-301")]);
  } finally {
    stop.abort();
    await running;
  }
});

test("an override freezes, and one that is taken back thaws, in every tier", async () => {
  const none = " quotas.storageGb=0";
  await settle(linesWith({ cedar: none, birch: none }));
  const of = { cell: "eu-1", connection: cell.connection };
  await withClient({ ...of, purpose: "test" }, async (client) => {
    expect(await measureCell(client, of, asked())).toBe(4);
  });
  await expect(as("cedar", events(1))).rejects.toMatchObject({
    ...frozen,
    message: expect.stringContaining(" of 0 used"),
  });
  await expect(as("birch", events(1))).rejects.toMatchObject(frozen);
  await as("fir", events(1));
  await settle(linesWith());
  await as("cedar", events(1));
  await as("birch", events(1));
});
