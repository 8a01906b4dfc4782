/** Transactions as a tenant: one round trip to begin, no context left behind, no broken connection given back. */
import { createServer, connect as dial, type Server } from "node:net";
import { Pool, type PoolConfig } from "pg";
import { asTenant } from "../../client/as-tenant";
import { type GuardedCell, idsOf, startGuardedCell } from "../database/guarded-cell";

const WHO = "select tenantry.current_tenant() as tenant";

let cell: GuardedCell;
let cedar: string;
const pools: Pool[] = [];
beforeAll(async () => {
  cell = await startGuardedCell();
  cedar = cell.context(idsOf.cedar);
});
afterAll(async () => {
  await Promise.all(pools.map((pool) => pool.end()));
  await cell?.stop();
});

function makePool(options: PoolConfig): Pool {
  const pool = new Pool({ ...cell.pool, max: 1, ...options });
  pool.on("error", () => undefined);
  pools.push(pool);
  return pool;
}

describe.each([true, false])("with pipeline: %s", (pipeline) => {
  let pool: Pool;
  beforeEach(() => {
    pool = makePool({ pipeline });
  });
  const pid = async () => (await pool.query("select pg_backend_pid() as pid")).rows[0].pid;
  const topics = async () =>
    (await asTenant(pool, cedar, (client) => client.query("select name from pooled.topics"))).rows;

  test("runs as the tenant, gives back the result and leaves no context", async () => {
    const before = await pid();
    const { rows } = await asTenant(pool, cedar, (client) => client.query(WHO));
    expect(rows).toEqual([{ tenant: idsOf.cedar }]);
    expect((await pool.query(WHO)).rows).toEqual([{ tenant: null }]);
    expect(await pid()).toBe(before);
  });

  test("commits", async () => {
    const name = `committed-${pipeline}`;
    await asTenant(pool, cedar, (client) => client.query("insert into pooled.topics (name) values ($1)", [name]));
    expect(await topics()).toContainEqual({ name });
  });

  test("rolls back when the function throws, and throws its error", async () => {
    const before = await pid();
    const attempt = asTenant(pool, cedar, async (client) => {
      await client.query("insert into pooled.topics (name) values ('lost')");
      throw new Error("changed my mind");
    });
    await expect(attempt).rejects.toThrow("changed my mind");
    expect(await topics()).not.toContainEqual({ name: "lost" });
    expect(await pid()).toBe(before);
    expect((await pool.query(WHO)).rows).toEqual([{ tenant: null }]);
  });

  test("rolls back when the function throws before it waits for anything", async () => {
    const attempt = asTenant(pool, cedar, () => {
      throw new Error("at once");
    });
    await expect(attempt).rejects.toThrow("at once");
    expect((await pool.query(WHO)).rows).toEqual([{ tenant: null }]);
  });

  test("tells of a refused context, and of nothing else", async () => {
    await expect(asTenant(pool, "forged", (client) => client.query(WHO))).rejects.toMatchObject({ code: "42501" });
    const unusable = "a\0b"; // fails before the statement that it would be for
    await expect(asTenant(pool, unusable, (client) => client.query(WHO))).rejects.toMatchObject({ code: "22021" });
    await expect(asTenant(pool, unusable, async () => "done")).rejects.toMatchObject({ code: "22021" });
    expect(await topics()).toBeDefined();
  });

  test("does not call it a success when a failed statement was swallowed", async () => {
    const attempt = asTenant(pool, cedar, async (client) => {
      await client.query("insert into pooled.topics (name) values ('swallowed')");
      await client.query("select 1 / 0").catch(() => undefined);
    });
    await expect(attempt).rejects.toThrow("was rolled back");
    expect(await topics()).not.toContainEqual({ name: "swallowed" });
  });

  test("waits for statements that the function did not wait for", async () => {
    const name = `late-${pipeline}`;
    await asTenant(pool, cedar, async (client) => {
      void client.query("insert into pooled.topics (name) values ($1)", [name]);
    });
    expect(await topics()).toContainEqual({ name });
  });

  test("discards a connection that broke, and throws what broke it", async () => {
    const before = await pid();
    const attempt = asTenant(pool, cedar, async (client) => {
      await cell.admin.query("select pg_terminate_backend($1)", [before]);
      return client.query(WHO);
    });
    await expect(attempt).rejects.toThrow();
    expect(await pid()).not.toBe(before);
  });

  test("discards a connection that is busy with what nobody waits for any more", async () => {
    const impatient = makePool({ pipeline, query_timeout: 100 });
    const { rows } = await impatient.query("select pg_backend_pid() as pid");
    const attempt = asTenant(impatient, cedar, (client) => client.query("select pg_sleep(60)"));
    await expect(attempt).rejects.toThrow("timeout");
    expect((await impatient.query("select pg_backend_pid() as pid")).rows).not.toEqual(rows);
  });
});

test("a context stands in no statement's text: sessions of one role see each other's", async () => {
  const [pool, other] = [makePool({}), makePool({})];
  const shown = async () =>
    (await other.query("select query from pg_stat_activity where pid <> pg_backend_pid() and usename = user")).rows;
  expect(await asTenant(pool, cedar, shown)).toContainEqual({ query: expect.stringContaining("tenantry.context") });
  expect(JSON.stringify(await asTenant(pool, cedar, shown))).not.toContain(cedar);
  const unwary = await asTenant(pool, cedar, async (client) => {
    await client.query(`set local tenantry.context = '${cedar}'`);
    return shown();
  });
  expect(JSON.stringify(unwary)).toContain(cedar);
});

test("begin, context and first statement share one round trip", async () => {
  const wire = await startCountingProxy(cell.pool.port);
  try {
    const pool = makePool({ pipeline: true, port: wire.port });
    await pool.query("select 1");
    const before = wire.turns();
    await asTenant(pool, cedar, (client) => client.query(WHO));
    expect(wire.turns() - before).toBe(2); // all that opens it, and commit
  } finally {
    await Promise.all(pools.splice(0).map((pool) => pool.end()));
    wire.server.close();
  }
});

/** Passes bytes on, and counts how often the client speaks after the server has: a turn is a round trip. */
async function startCountingProxy(port: number): Promise<{ server: Server; port: number; turns: () => number }> {
  let turns = 0;
  let serverSpokeLast = true;
  const server = createServer((client) => {
    const upstream = dial(port, "127.0.0.1");
    client.on("data", (data) => {
      if (serverSpokeLast) turns++;
      serverSpokeLast = false;
      upstream.write(data);
    });
    upstream.on("data", (data) => {
      serverSpokeLast = true;
      client.write(data);
    });
    client.on("close", () => upstream.destroy());
    upstream.on("close", () => client.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the proxy has no port");
  return { server, port: address.port, turns: () => turns };
}
