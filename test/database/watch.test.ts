/** The watchdog ends what exceeds a plan, and nothing else. */
import { setTimeout as delay } from "node:timers/promises";
import type { Client } from "pg";
import { watchCells, watchCellsOnce } from "../../cli/watch-cells";
import { signContext } from "../../client/context";
import { withClient } from "../../database/connect";
import { type Action, type WatchOptions, watchOnce } from "../../database/watch";
import { cellSecretPath } from "../../registry/names";
import { idOf, line, startTestCell, type TestCell } from "./test-cell";

const GRACE_MS = 100;
const TIGHT = " statementTimeout=200ms idleInTransactionTimeout=200ms";
const lines = {
  birch: line("birch", "schema", "active", ` connections=3${TIGHT} transactionTimeout=60s`),
  elm: line("elm", "schema", "active", ` connections=3${TIGHT.replaceAll("200ms", "60s")} transactionTimeout=400ms`),
  fir: line("fir", "schema"),
  cedar: line("cedar", "pooled", "active", TIGHT),
};

let cell: TestCell;
const open: Client[] = [];
beforeAll(async () => {
  cell = await startTestCell();
  await cell.settle(lines);
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((session) => session.end()));
});
afterAll(() => cell.stop());

const session = async (user: string, password: string) => {
  const client = await cell.login(user, password);
  open.push(client);
  return client;
};
const login = (path: string) => session(cell.store.value(path, "username"), cell.store.value(path, "password"));
const as = (slug: string) => login(`tenants/${slug}/db`);

/** One that has set its limits aside. */
const unbound = async (slug: string) => {
  const client = await as(slug);
  await client.query(
    "set statement_timeout = 0; set idle_in_transaction_session_timeout = 0; set transaction_timeout = 0",
  );
  return client;
};
const look = (options: Partial<WatchOptions> = {}) =>
  withClient({ connection: cell.connection, cell: "eu-1", purpose: "watch" }, (client) =>
    watchOnce(client, { cell: "eu-1", graceMs: GRACE_MS, ...options }),
  );
/** Looks, without ending anything, until something exceeds its plan; then once more. */
const lookWhenDue = async (options: Partial<WatchOptions> = {}): Promise<readonly Action[]> => {
  for (let tries = 0; tries < 200; tries++, await delay(20)) {
    if ((await look({ dryRun: true })).length > 0) return await look(options);
  }
  throw new Error("nothing exceeds its plan");
};
const said = (actions: readonly Action[]) =>
  actions.map(({ session: { login: who }, kind, limit, done }) => `${who} ${kind} ${limit} ${done}`);
const alive = (client: Client) =>
  client.query("select 1").then(
    () => true,
    () => false,
  );

test("a statement that runs too long is cancelled, and its session lives on", async () => {
  const birch = await unbound("birch");
  const running = expect(birch.query("select pg_sleep(60)")).rejects.toMatchObject({ code: "57014" });
  expect(said(await lookWhenDue())).toEqual(["login_birch_a statement 200 cancelled"]);
  await running;
  expect(await alive(birch)).toBe(true);
});

test("one that does not heed a cancellation loses its session", async () => {
  const birch = await unbound("birch");
  const deaf =
    "do $$ begin loop begin perform pg_sleep(60); exception when query_canceled then null; end; end loop; end $$";
  const running = expect(birch.query(deaf)).rejects.toThrow();
  expect(said(await lookWhenDue())).toEqual(["login_birch_a statement 200 terminated"]);
  await running;
});

test("a transaction that does nothing for too long is ended, and one that lasts too long", async () => {
  const [birch, elm] = [await unbound("birch"), await unbound("elm")];
  await birch.query("begin; select 1");
  expect(said(await lookWhenDue())).toEqual(["login_birch_a idle 200 terminated"]);
  await elm.query("begin isolation level repeatable read; select 1");
  expect(said(await lookWhenDue())).toEqual(["login_elm_a transaction 400 terminated"]);
  expect([await alive(birch), await alive(elm)]).toEqual([false, false]);
});

test("a statement of a transaction that lasts too long is cancelled first", async () => {
  const elm = await unbound("elm");
  await elm.query("begin");
  const running = elm.query("select pg_sleep(60)").catch(() => elm.query("rollback"));
  expect(said(await lookWhenDue({ graceMs: 5_000 }))).toEqual([]); // within its grace
  expect(said(await lookWhenDue())).toEqual(["login_elm_a transaction 400 cancelled"]);
  await running;
  expect(await alive(elm)).toBe(true);
});

test("sessions too many are ended, those that do nothing first", async () => {
  const sessions = [await as("fir"), await as("fir"), await as("fir")] as const;
  const busy = sessions[0].query("select pg_sleep(1), 'done' as answer");
  await cell.settle({ ...lines, fir: line("fir", "schema").replace(" id=", " connections=1 id=") });
  const done = await look();
  expect(said(done)).toEqual(["login_fir_a connections 1 terminated", "login_fir_a connections 1 terminated"]);
  expect(done[0]).toMatchObject({ used: 3, session: { tenant: { slug: "fir" } } });
  expect((await busy).rows[0].answer).toBe("done");
  expect(await alive(sessions[1])).toBe(false);
  await cell.settle(lines);
});

test("sessions of a tenant that is not active are ended", async () => {
  const fir = await as("fir");
  await cell.tamper("update tenantry.tenants set status = 'suspended' where slug = 'fir'");
  expect(said(await look())).toEqual(["login_fir_a closed 0 terminated"]);
  expect(await alive(fir)).toBe(false);
  await cell.settle(lines);
});

test("the pooled application is held by the largest limits of its tenants", async () => {
  const app = await login(cellSecretPath("eu-1", "app"));
  const { kid, key } = cell.store.secrets.get(cellSecretPath("eu-1", "context"))?.data ?? {};
  const context = signContext({ kid: kid ?? "", key: key ?? "" }, idOf("cedar"), { expiresInSeconds: 60 });
  await app.query("begin");
  await app.query("select set_config('tenantry.context', $1, true)", [context]);
  const actions = await lookWhenDue();
  expect(said(actions)).toEqual(["tenantry_app idle 200 terminated"]);
  expect(actions[0]?.session.tenant).toBeNull();
  // Another pooled tenant may pause longer: nobody can tell whose pause it is.
  await cell.settle({ ...lines, dover: line("dover", "pooled") });
  const again = await login(cellSecretPath("eu-1", "app"));
  await again.query("begin; select pg_sleep(0.4)");
  expect(said(await look())).toEqual([]);
});

test("a dry run ends nothing, and tells the same", async () => {
  const holder = await login(cellSecretPath("eu-1", "migrator"));
  await holder.query("select pg_advisory_lock(1)");
  const birch = await unbound("birch");
  const running = birch.query("select pg_advisory_lock(1), 'done' as answer");
  expect(said(await lookWhenDue({ dryRun: true }))).toEqual(["login_birch_a statement 200 found"]);
  await holder.query("select pg_advisory_unlock(1)");
  expect((await running).rows[0].answer).toBe("done");
});

test("who keeps within its plan is left alone, and so is whoever is no tenant", async () => {
  await cell.tamper("create role ada login password 'known'; grant connect on database app to ada");
  const { superuser } = cell.server;
  const strangers = [
    await session("ada", "known"),
    await session(superuser.user, superuser.password),
    await session(cell.connection.username, cell.connection.password),
    await login(cellSecretPath("eu-1", "migrator")),
    await as("fir"), // its plan allows it
  ];
  const busy = strangers.map((client) => client.query("begin; select pg_sleep(0.6), 'done' as answer"));
  const birch = await unbound("birch");
  const running = expect(birch.query("select pg_sleep(60)")).rejects.toMatchObject({ code: "57014" });
  expect(said(await lookWhenDue())).toEqual(["login_birch_a statement 200 cancelled"]); // the control
  await running;
  await Promise.all(busy);
  expect(await look()).toEqual([]);
  expect(await Promise.all(strangers.map(alive))).toEqual(strangers.map(() => true));
});

test("it goes on after a server was away and after its session was ended, and stops when it is told to", async () => {
  const away = { ...cell.connection, port: 1 };
  let connection = away;
  const heard: string[] = [];
  const watching = {
    cells: () => [{ cell: "eu-1", connection }],
    dryRun: false,
    onAction: ({ kind }: Action) => heard.push(kind),
    onFailure: (_cell: string, reason: string) => heard.push(/TN-301/.test(reason) ? "away" : "lost"),
  };
  const hears = async (count: number) => {
    for (let tries = 0; heard.length < count && tries < 500; tries++) await delay(20);
  };
  expect(await watchCellsOnce(watching)).toEqual({ actions: [], failures: 1 });
  const stop = new AbortController();
  const watched = watchCells(watching, 20, stop.signal);
  try {
    await hears(2);
    await delay(100);
    expect(heard).toEqual(["away", "away"]); // told once, however often it was tried
    connection = cell.connection;
    const pause = async () => {
      const birch = await unbound("birch");
      await birch.query("begin");
      return birch;
    };
    await pause();
    await hears(3);
    await cell.tamper(
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'tenantry watch%'",
    );
    await hears(4);
    await pause();
    await hears(5);
    expect(heard.slice(2)).toEqual(["idle", "lost", "idle"]);
  } finally {
    stop.abort();
    await watched;
  }
  expect(await cell.tamper("select pid from pg_stat_activity where application_name like 'tenantry watch%'")).toEqual(
    [],
  );
});
