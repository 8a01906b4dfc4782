/** Connections in doubt are not given back to their pool: broken, aborted, or changed by what ran on them. */
import { Client } from "pg";
import type { Queryable, TenantClient } from "../../client";
import { idOf } from "../database/test-cell";
import { type ClientCell, startClientCell } from "./client-cell";
import { startProxy } from "./wire";

const WHO = "select tenantry.current_tenant() as tenant";
const add = "insert into topics (name) values ($1)";

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

const pid = async () => (await client.query("cedar", "select pg_backend_pid() as pid")).rows[0]?.pid;

describe("a connection in doubt is not given back", () => {
  const lasting = [
    "set statement_timeout = 1000",
    "set local.colour = 'red'",
    "reset statement_timeout",
    "discard plans",
    "prepare evil as select 1",
    "listen topics",
    "declare all_topics cursor with hold for select name from topics",
    "do $$ begin perform set_config('statement_timeout', '1000', false); end $$",
  ];
  test.each(lasting)("after %s", async (text) => {
    const before = await pid();
    await client.asTenant("cedar", (tx) => tx.query(text));
    expect(await pid()).not.toBe(before);
  });

  test.each(["set local statement_timeout = 1000", "savepoint one", "select set_config('work_mem', '4MB', true)"])(
    "but after %s it is",
    async (text) => {
      const before = await pid();
      await client.asTenant("cedar", (tx) => tx.query(text));
      expect(await pid()).toBe(before);
    },
  );

  test("after what `pg` refused to send behind a context: that one's transaction has no end yet", async () => {
    await client.query("cedar", { name: "taken", text: "select 1" });
    const before = await pid();
    await expect(client.query("cedar", { name: "taken", text: "select 2" })).rejects.toThrow("must be unique");
    expect(await pid()).not.toBe(before);
  });

  test("after a copy that nobody has data for: the server would pass over what the next one sends", async () => {
    const copy = "copy topics (name) from stdin";
    const next = () => client.query("birch", "select 'next' as who", [], { signal: AbortSignal.timeout(5_000) });
    await expect(client.query("birch", copy)).rejects.toMatchObject({ code: "57014" });
    expect((await next()).rows).toEqual([{ who: "next" }]);
    const swallowed = client.asTenant("birch", async (tx) => {
      await tx.query(copy).catch(() => {});
      await tx.query("select 1");
    });
    await expect(swallowed).rejects.toThrow("the connection was given up");
    expect((await next()).rows).toEqual([{ who: "next" }]);
  });

  test("a statement of one tenant is not run by another: the name of a prepared one may be taken", async () => {
    const text = "select 'asked' as answer";
    for (let n = 0; n < 3; n++) await client.query("cedar", text);
    const poison = async (slug: string) => {
      await client.query(slug, "deallocate all");
      await client.query(slug, "prepare tenantry_1 as select 'poisoned' as answer");
    };
    await poison("fir");
    expect((await client.query("cedar", text)).rows).toEqual([{ answer: "asked" }]);
    expect(await poisonedOnOneConnection(text)).toEqual([{ answer: "poisoned" }]); // the control
  });

  async function poisonedOnOneConnection(text: string): Promise<readonly unknown[]> {
    const { username: user, password } = cell.secrets["cells/eu-1/app"] ?? {};
    const kept = new Client({ host: cell.host, port: cell.port, database: "app", user, password });
    await kept.connect();
    await kept.query({ name: "tenantry_1", text });
    await kept.query("deallocate all");
    await kept.query("prepare tenantry_1 as select 'poisoned' as answer");
    const { rows } = await kept.query({ name: "tenantry_1", text });
    await kept.end();
    return rows;
  }

  test("after it broke; what broke it is thrown", async () => {
    const before = await pid();
    const attempt = client.asTenant("cedar", async (tx) => {
      await cell.admin.query("select pg_terminate_backend($1)", [before]);
      return tx.query(WHO);
    });
    await expect(attempt).rejects.toThrow(/terminat/);
    expect(await pid()).not.toBe(before);
  });

  test("a connection lost while the commit is under way leaves its outcome unknown, and says so", async () => {
    const wire = await startProxy(cell.port);
    const far = cell.client({ directory: [...cell.rows.values()].map((row) => ({ ...row, port: wire.port })) });
    const attempt = far.asTenant("cedar", async (tx) => {
      await tx.query(add, ["lost-on-the-way"]);
      wire.cutAfterNext();
    });
    await expect(attempt).rejects.toMatchObject({ code: "TN-910" });
    await far.close();
    wire.server.close();
  });

  test("a timeout of the server rolls back and keeps the connection", async () => {
    const before = await pid();
    const attempt = client.asTenant("cedar", async (tx) => {
      await tx.query("set local statement_timeout = 10");
      await tx.query("select pg_sleep(60)");
    });
    await expect(attempt).rejects.toMatchObject({ code: "57014" });
    expect(await pid()).toBe(before);
  });

  test("the transaction is of no use after its end", async () => {
    let kept: Queryable | undefined;
    await client.asTenant("cedar", async (tx) => {
      kept = tx;
    });
    await expect(kept?.query(WHO)).rejects.toMatchObject({ code: "TN-908" });
  });
});

describe("aborted", () => {
  const running = async (text: string) =>
    (await cell.admin.query("select from pg_stat_activity where query = $1 and state = 'active'", [text])).rowCount;
  const until = async (condition: () => Promise<boolean>) => {
    while (!(await condition()));
  };

  test.each([
    [
      "a transaction",
      (signal: AbortSignal, text: string) => client.asTenant("cedar", (tx) => tx.query(text), { signal }),
    ],
    ["a statement", (signal: AbortSignal, text: string) => client.query("cedar", text, [], { signal })],
  ])("%s ends at once, and on the server too", async (what, run) => {
    const before = await pid();
    const text = `select pg_sleep(60) as ${what.slice(2)}`;
    const controller = new AbortController();
    const attempt = run(controller.signal, text);
    await until(async () => (await running(text)) === 1);
    controller.abort(new Error("the caller has gone"));
    await expect(attempt).rejects.toThrow("the caller has gone");
    expect(await pid()).not.toBe(before);
    await until(async () => (await running(text)) === 0);
  });

  test("before it began, nothing is sent", async () => {
    const fn = jest.fn();
    await expect(client.asTenant("cedar", fn, { signal: AbortSignal.abort(new Error("gone")) })).rejects.toThrow(
      "gone",
    );
    expect(fn).not.toHaveBeenCalled();
  });

  test("while it waits for a connection, the connection goes to the next", async () => {
    const controller = new AbortController();
    const waiting = await client.asTenant("cedar", async () => {
      const attempt = client.query("fir", WHO, [], { signal: controller.signal });
      controller.abort(new Error("gone"));
      await expect(attempt).rejects.toThrow("gone");
      return "done";
    });
    expect(waiting).toBe("done");
    expect((await client.query("fir", WHO)).rows).toEqual([{ tenant: idOf("fir") }]);
  });
});
