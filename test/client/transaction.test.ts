/** Transactions as a tenant: one round trip to begin, no context left behind, no failure called a success. */
import { Client, Pool } from "pg";
import { type TenantClient, TransactionEnded } from "../../client";
import { idOf } from "../database/test-cell";
import { type ClientCell, startClientCell } from "./client-cell";
import { startProxy } from "./wire";

const WHO = "select tenantry.current_tenant() as tenant";
const PID = "select pg_backend_pid() as pid";

let cell: ClientCell;
let client: TenantClient;
beforeAll(async () => {
  cell = await startClientCell();
});
afterAll(() => cell?.stop());
beforeEach(() => {
  client = cell.client();
});
afterEach(() => client.close());

const pid = async () => (await client.query("cedar", PID)).rows[0]?.pid;
const names = async (slug = "cedar") =>
  (await client.query(slug, "select name from topics")).rows.map(({ name }) => name);
const add = "insert into topics (name) values ($1)";
let made = 0;
const fresh = () => `topic-${++made}`;

describe.each([
  ["cedar", WHO, idOf("cedar")],
  ["birch", "select session_user as tenant", "login_birch_a"],
])("as %s", (slug, who, tenant) => {
  test("runs as the tenant, commits and gives back the result", async () => {
    const name = fresh();
    const rows = await client.asTenant(slug, async (tx) => {
      await tx.query(add, [name]);
      return (await tx.query(who)).rows;
    });
    expect(rows).toEqual([{ tenant }]);
    expect(await names(slug)).toContain(name);
  });

  test("rolls back when the function throws, and throws its error", async () => {
    const name = fresh();
    const attempt = client.asTenant(slug, async (tx) => {
      await tx.query(add, [name]);
      throw new Error("changed my mind");
    });
    await expect(attempt).rejects.toThrow("changed my mind");
    expect(await names(slug)).not.toContain(name);
  });

  test("rolls back when the function throws before it waits for anything", async () => {
    const before = await names(slug);
    const attempt = client.asTenant(slug, () => {
      throw new Error("at once");
    });
    await expect(attempt).rejects.toThrow("at once");
    expect(await names(slug)).toEqual(before);
  });

  test("one statement is a transaction of its own", async () => {
    const name = fresh();
    await client.query(slug, add, [name]);
    expect((await client.query(slug, "select name from topics where name = $1", [name])).rows).toEqual([{ name }]);
    await expect(client.query(slug, add, [name])).rejects.toMatchObject({ code: "23505" });
    expect((await client.query(slug, who)).rows).toEqual([{ tenant }]);
  });

  test("the mode is the transaction's", async () => {
    const mode = { readOnly: true, isolation: "serializable" } as const;
    const level = (tx: { query: TenantTransactionQuery }) => tx.query("show transaction_isolation");
    expect((await client.asTenant(slug, level, mode)).rows).toEqual([{ transaction_isolation: "serializable" }]);
    await expect(client.asTenant(slug, (tx) => tx.query(add, ["no"]), mode)).rejects.toMatchObject({ code: "25006" });
  });
});
type TenantTransactionQuery = Parameters<Parameters<TenantClient["asTenant"]>[1]>[0]["query"];

describe("what did not succeed is not called a success", () => {
  test("a failed statement whose error was swallowed", async () => {
    const name = fresh();
    const attempt = client.asTenant("cedar", async (tx) => {
      await tx.query(add, [name]);
      await tx.query("select 1 / 0").catch(() => undefined);
    });
    await expect(attempt).rejects.toMatchObject({ code: "TN-909", cause: { code: "22012" } });
    expect(await names()).not.toContain(name);
  });

  test("a statement that failed before it was sent, and whose error was swallowed", async () => {
    const name = fresh();
    const circular: { self?: unknown } = {};
    circular.self = circular;
    const attempt = client.asTenant("cedar", async (tx) => {
      await tx.query(add, [name]);
      await tx.query("select $1::jsonb", [circular]).catch(() => undefined);
    });
    await expect(attempt).rejects.toMatchObject({ code: "TN-909" });
    expect(await names()).not.toContain(name);
  });

  test("but a savepoint forgives", async () => {
    const name = fresh();
    await client.asTenant("cedar", async (tx) => {
      await tx.query(add, [name]);
      await tx.query("savepoint before");
      await tx.query("select 1 / 0").catch(() => tx.query("rollback to before"));
    });
    expect(await names()).toContain(name);
  });

  test("statements that the function did not wait for are done, or fail the transaction", async () => {
    const name = fresh();
    await client.asTenant("cedar", (tx) => {
      void tx.query(add, [name]);
    });
    expect(await names()).toContain(name);
    const failing = client.asTenant("cedar", (tx) => {
      void tx.query("select 1 / 0");
    });
    await expect(failing).rejects.toMatchObject({ code: "TN-909", cause: { code: "22012" } });
  });

  test("a deferred constraint says so at the commit", async () => {
    await cell.tamper("create table pooled.late (id int unique deferrable initially deferred)");
    await cell.tamper("grant insert, select on pooled.late to tenantry_app");
    const twice = "insert into pooled.late values (1), (1)";
    await expect(client.query("cedar", twice)).rejects.toMatchObject({ code: "23505" });
    await expect(client.asTenant("cedar", (tx) => tx.query(twice))).rejects.toMatchObject({ code: "23505" });
    await cell.tamper("drop table pooled.late");
  });
});

describe("a transaction that its own statements end", () => {
  const ends = ["commit", "end", "rollback", "abort", "commit and chain", "rollback and chain", "begin"];

  test.each(ends)("is noticed: %s", async (text) => {
    const before = await pid();
    const name = fresh();
    const attempt = client.asTenant("cedar", async (tx) => {
      await tx.query(text);
      await tx.query(add, [name]);
    });
    await expect(attempt).rejects.toThrow(TransactionEnded);
    expect(await names()).not.toContain(name);
    expect(await pid()).not.toBe(before);
    await expect(client.query("cedar", text)).rejects.toThrow(
      /ended by a statement|only be used in transaction blocks/,
    );
  });

  test("what was already sent behind it meets no rows", async () => {
    await client.query("cedar", add, [fresh()]);
    for (const text of ends.slice(0, -1)) {
      const seen: unknown[] = [];
      const attempt = client.asTenant("cedar", async (tx) => {
        const sent = [tx.query("select name from topics"), tx.query(text), tx.query("select name from topics")];
        seen.push(...(await Promise.all(sent)).map(({ rowCount }) => rowCount));
      });
      await expect(attempt).rejects.toThrow(TransactionEnded);
      expect(seen).toEqual([expect.any(Number), null, 0]);
      expect(seen[0]).toBeGreaterThan(0);
    }
  });

  test("also when it is the only statement that nobody waited for", async () => {
    const attempt = client.asTenant("cedar", (tx) => {
      void tx.query("rollback");
    });
    await expect(attempt).rejects.toThrow(TransactionEnded);
  });
});

describe("a context is local to its transaction", () => {
  /** As applications do it by hand, on a pool that they share. */
  async function leak(lasting: boolean): Promise<unknown> {
    const { username: user, password } = cell.secrets["cells/eu-1/app"] ?? {};
    const pool = new Pool({ host: cell.host, port: cell.port, database: "app", user, password, max: 1 });
    const captured = await client.asTenant("cedar", (tx) =>
      tx.query("select current_setting('tenantry.context') as context"),
    );
    const first = await pool.connect();
    await first.query("begin");
    await first.query(`select set_config('tenantry.context', $1, ${!lasting})`, [captured.rows[0]?.context]);
    await first.query("commit");
    first.release();
    const { rows } = await pool.query(WHO);
    await pool.end();
    return rows[0]?.tenant;
  }

  test("the next borrower has none; with a context of the session it would", async () => {
    expect(await leak(false)).toBeNull();
    expect(await leak(true)).toBe(idOf("cedar")); // the control
    await client.asTenant("cedar", (tx) => tx.query("select 1"));
    const [contextless] = await afterwards("select current_setting('tenantry.context', true) as left");
    expect(contextless).toMatchObject({ left: "" });
  });

  /** What the connection says in a transaction of its own, after the client's has ended. */
  async function afterwards(text: string): Promise<readonly unknown[]> {
    let rows: readonly unknown[] = [];
    const attempt = client.asTenant("cedar", async (tx) => {
      const sent = [tx.query("commit"), tx.query(text)];
      rows = (await Promise.all(sent))[1]?.rows ?? [];
    });
    await expect(attempt).rejects.toThrow(TransactionEnded);
    return rows;
  }

  test("one that injected SQL left in the session is gone when the transaction ends", async () => {
    const plant = "select set_config('tenantry.context', current_setting('tenantry.context'), false)";
    await client.query("fir", plant);
    expect(await afterwards(WHO)).toEqual([{ tenant: null }]);
    // The control: an opening that does not empty the session's setting first.
    const { username: user, password } = cell.secrets["cells/eu-1/app"] ?? {};
    const bare = new Client({ host: cell.host, port: cell.port, database: "app", user, password });
    await bare.connect();
    const { rows } = await client.asTenant("fir", (tx) =>
      tx.query("select current_setting('tenantry.context') as context"),
    );
    await bare.query("select set_config('tenantry.context', $1, false)", [rows[0]?.context]);
    await bare.query("begin");
    await bare.query("select set_config('tenantry.context', $1, true)", ["what cedar presents"]);
    await bare.query("commit");
    expect((await bare.query(WHO)).rows).toEqual([{ tenant: idOf("fir") }]);
    await bare.end();
  });

  test("it stands in no statement's text: sessions of one role see each other's", async () => {
    const other = cell.client();
    const shown = async () =>
      JSON.stringify((await other.query("fir", "select query from pg_stat_activity where usename = user")).rows);
    const context = await client.asTenant("cedar", async (tx) => {
      const { rows } = await tx.query("select current_setting('tenantry.context') as context");
      const text: string = rows[0]?.context;
      expect(await shown()).not.toContain(text);
      await tx.query(`set local tenantry.context = '${text}'`);
      expect(await shown()).toContain(text); // the control
      return text;
    });
    expect(context).toMatch(/^k1\./);
    // As `tenantry sql` sends it, context and statement at once.
    const { rows } = await client.query("cedar", "select query from pg_stat_activity where pid = pg_backend_pid()");
    expect(JSON.stringify(rows)).not.toContain(context);
    expect(JSON.stringify(rows)).not.toContain("k1.");
    await other.close();
  });
});

describe("a statement is one statement", () => {
  test("nothing can be added behind it; the simple protocol would run both", async () => {
    const name = fresh();
    const two = `select 1; insert into topics (name) values ('${name}')`;
    await expect(client.query("birch", two)).rejects.toMatchObject({ code: "42601" });
    await expect(client.asTenant("birch", (tx) => tx.query(two))).rejects.toMatchObject({ code: "42601" });
    expect(await names("birch")).not.toContain(name);
    const { username: user, password } = cell.secrets["tenants/birch/db"] ?? {};
    const simple = new Client({ host: cell.host, port: cell.port, database: "app", user, password });
    await simple.connect();
    await simple.query(two);
    await simple.end();
    expect(await names("birch")).toContain(name); // the control
  });
});

test("a table that changes under a prepared statement is no failure", async () => {
  await cell.tamper("create table pooled.wide (id int)");
  await cell.tamper("grant select on pooled.wide to tenantry_app");
  const text = "select * from pooled.wide";
  for (let n = 0; n < 3; n++) await client.query("cedar", text);
  await cell.tamper("alter table pooled.wide add column name text");
  expect((await client.query("cedar", text)).fields).toHaveLength(2);
  await cell.tamper("drop table pooled.wide");
});

test("tried again without its name, a statement brings its context, whatever its connection ran before", async () => {
  const two = cell.client({ connectionsPerCell: 2 });
  await cell.tamper("create table pooled.wide (id int); grant select on pooled.wide to tenantry_app");
  const text = `select *, pg_sleep(0.05) from (${WHO}) who left join pooled.wide on true`;
  const onBoth = async (ask: string, values?: unknown[]) => {
    await Promise.all([two.query("cedar", ask, values), two.query("cedar", ask, values)]);
  };
  for (let n = 0; n < 3; n++) await onBoth(text);
  await onBoth("select $1::text as said, pg_sleep(0.05)", ["something"]);
  await cell.tamper("alter table pooled.wide add column name text");
  expect((await two.query("cedar", text)).rows).toMatchObject([{ tenant: idOf("cedar") }]);
  await cell.tamper("drop table pooled.wide");
});

test("begin, context and first statement share one round trip; one statement alone has one in all", async () => {
  const wire = await startProxy(cell.port);
  const far = cell.client({ directory: [...cell.rows.values()].map((row) => ({ ...row, port: wire.port })) });
  await far.query("cedar", "select 1");
  const turnsOf = async (work: () => Promise<unknown>) => {
    const before = wire.turns();
    await work();
    return wire.turns() - before;
  };
  expect(await turnsOf(() => far.asTenant("cedar", (tx) => tx.query(WHO)))).toBe(2); // all that opens it, and commit
  expect(await turnsOf(() => far.query("cedar", WHO))).toBe(1);
  await far.close();
  wire.server.close();
});

describe("the limits that the directory tells", () => {
  const LIMITS = { statementTimeout: "150ms", workMem: "5MB", idleInTransactionTimeout: "7s" };
  const SETTINGS = `select current_setting('statement_timeout') as statement, current_setting('work_mem') as memory,
    current_setting('idle_in_transaction_session_timeout') as idle`;
  const limited = (limits: object) => {
    const rows = [...cell.rows.values()].map((row) => (row.slug === "cedar" ? { ...row, ...limits } : row));
    return cell.client({ directory: rows });
  };
  const settings = async (of: TenantClient, slug: string) => [
    (await of.query(slug, SETTINGS)).rows[0],
    await of.asTenant(slug, async (tx) => (await tx.query(SETTINGS)).rows[0]),
  ];

  test("hold in each transaction of a pooled tenant, and in nobody else's on the same connection", async () => {
    const [of, unlimited] = [limited({ limits: LIMITS }), await settings(client, "cedar")];
    const held = { statement: "150ms", memory: "5MB", idle: "7s" };
    for (let twice = 0; twice < 2; twice++) {
      expect(await settings(of, "cedar")).toEqual([held, held]);
      expect(await settings(of, "fir")).toEqual(unlimited);
    }
    expect(unlimited[0]).not.toMatchObject(held);
  });

  test("hold for the first statement too; control: without them it runs on", async () => {
    const slow = "select pg_sleep(0.4)";
    const of = limited({ limits: LIMITS });
    await expect(of.query("cedar", slow)).rejects.toMatchObject({ code: "57014" });
    await expect(of.asTenant("cedar", (tx) => tx.query(slow))).rejects.toMatchObject({ code: "57014" });
    expect((await client.query("cedar", slow)).rowCount).toBe(1);
  });

  test("are there again for whoever comes after one that has set them aside for the session", async () => {
    const of = limited({ limits: LIMITS });
    await of.query("cedar", "select set_config('statement_timeout', '0', false)");
    expect((await settings(of, "cedar"))[0]).toMatchObject({ statement: "150ms" });
  });

  test("must be texts, and all there", async () => {
    for (const limits of [{ ...LIMITS, workMem: 5 }, { ...LIMITS, workMem: undefined }, {}, null]) {
      await expect(limited({ limits }).query("cedar", "select 1")).rejects.toThrow("TN-903");
    }
  });
});
