/** Logins and keys are rotated and nobody is refused. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { connect } from "../../client";
import {
  APP,
  BIRCH,
  CLOSED,
  ELM,
  LINES,
  type Login,
  NO_DRIFT,
  ONLY_BIRCH,
  type RotatingCell,
  startRotatingCell,
} from "./rotating-cell";
import { idOf, line, SQL_DIR } from "./test-cell";
import { withTraffic } from "./traffic";

let cell: RotatingCell;
beforeAll(async () => {
  cell = await startRotatingCell();
});
afterAll(() => cell?.stop());

const who = "select session_user::text as login, current_schema() as schema";

test("a cell of a time before there were rotations is read, and the next run makes the second logins", async () => {
  const file = readdirSync(join(SQL_DIR, "cell")).find((name) => name.endsWith("_rotations.sql")) ?? "";
  await cell.tamper(
    "drop table tenantry.rotations; " +
      "drop role tenantry_app_b, tenantry_migrator_b, tenantry_pooler_b, tenantry_reader_b",
  );
  expect((await cell.report()).tenants).toEqual(LINES);
  await cell.tamper(`set role tenantry_control; ${readFileSync(join(SQL_DIR, "cell", file), "utf8")}`);
  await cell.settle(LINES);
  expect(await cell.drifts()).toEqual(NO_DRIFT);
});

test("a tenant that has changed the password of its own login is let in again", async () => {
  const [login, password] = cell.held(ELM);
  const elm = await cell.login(login, password);
  await elm.query(`alter role ${login} password 'its own'`);
  await elm.end();
  await cell.settle(LINES);
  await expect(cell.enter(cell.held(ELM))).rejects.toThrow(CLOSED); // nobody can read what it changed
  await cell.rotate({ tenants: ["elm"] });
  await cell.enter(cell.held(ELM));
  await expect(cell.enter([login, "its own"])).rejects.toThrow(CLOSED);
  await cell.rotate({ tenants: ["elm"] });
});

test("the other login takes over, the one of before is closed; and back again", async () => {
  const before = cell.held(BIRCH);
  const told: string[] = [];
  const rotated = { cell: "eu-1", name: "birch", from: "login_birch_a", to: "login_birch_b", resumed: false };
  expect(await cell.rotate(ONLY_BIRCH, { tell: (text) => told.push(text) })).toEqual({
    rotated: [{ ...rotated, sessionsEnded: 0 }],
    failures: [],
  });
  expect(told).toEqual([
    expect.stringMatching(/the secret names login_birch_b, and login_birch_a is accepted for 0 s$/),
  ]);
  expect(await cell.as(BIRCH, who)).toEqual([{ login: "login_birch_b", schema: "tenant_birch" }]);
  await expect(cell.enter(before)).rejects.toThrow(CLOSED);
  expect(await cell.drifts()).toEqual(NO_DRIFT);
  const after = cell.held(BIRCH);
  await cell.settle({ ...LINES, birch: line("birch", "schema", "active", " connections=7") });
  await cell.settle(LINES);
  expect(cell.held(BIRCH)).toEqual(after);
  await cell.enter(after);
  await cell.rotate(ONLY_BIRCH);
  expect(await cell.as(BIRCH, who)).toEqual([{ login: "login_birch_a", schema: "tenant_birch" }]);
  expect(cell.held(BIRCH)[1]).not.toBe(before[1]);
  await expect(cell.enter(after)).rejects.toThrow(CLOSED);
  expect(await cell.drifts()).toEqual(NO_DRIFT);
});

test("an application with its own tables goes on with them", async () => {
  await cell.as("tenants/fir/db", "create table things (a int); insert into things values (1)");
  await cell.rotate({ tenants: ["fir"] });
  expect(
    await cell.as("tenants/fir/db", "insert into things values (2) returning session_user::text as login"),
  ).toEqual([{ login: "login_fir_b" }]);
});

describe("while work goes on", () => {
  const FRESH_MS = 200;
  const readSecret = async (path: string) => (await cell.store.read(path))?.data;
  const once = async ([user, password]: Login) => {
    const client = await cell.login(user, password);
    await client.query("select count(*) from topics").finally(() => client.end());
  };

  test("no login, transaction or context is refused, of tenants, of the cell's application and of its key", async () => {
    const { host, port } = cell.server;
    const rowOf = (slug: string, tier: "schema" | "pooled") => ({
      ...{ slug, id: idOf(slug), tier, cell: "eu-1", host, port, database: "app" },
      ...{ schema: "by the login", status: "active" as const },
    });
    const client = connect({
      directory: [rowOf("birch", "schema"), rowOf("cedar", "pooled")],
      secrets: readSecret,
      secretMaxAgeMs: FRESH_MS,
      onWarning: () => {}, // a session that waits in a pool ends with its login
    });
    const transact = (slug: string) => () => client.asTenant(slug, (tx) => tx.query("select count(*) from topics"));
    const pieces = [transact("birch"), transact("cedar"), () => once(cell.held(BIRCH)), () => once(cell.held(APP))];
    const names: string[] = [];
    const rotateAll = async (oneMore: () => Promise<void>) => {
      await oneMore();
      const { rotated, failures } = await cell.rotate({ tenants: "all", shared: true }, { drainMs: 1_500 });
      expect(failures).toEqual([]);
      names.push(...rotated.filter(({ name }) => name !== "elm" && name !== "fir").map(({ to }) => to));
      await oneMore();
      await cell.tamper("update tenantry.keys set not_after = now() where not_after is not null");
      await cell.tamper("update tenantry.rotations set closes_at = now() where subject = 'context'");
    };
    const { done, failures } = await withTraffic(pieces, async (oneMore) => {
      await rotateAll(oneMore);
      await rotateAll(oneMore);
    }).finally(() => client.close());
    expect(failures).toEqual([]);
    expect(Math.min(...done)).toBeGreaterThan(8);
    expect(names.sort()).toEqual(
      [
        ...["k2", "k3", "login_birch_a", "login_birch_b"],
        ...["app", "migrator", "pooler", "reader"].flatMap((kind) => [`tenantry_${kind}`, `tenantry_${kind}_b`]),
      ].sort(),
    );
    expect(await cell.tamper("select kid, not_after > now() as ends from tenantry.keys order by kid")).toEqual([
      { kid: "k2", ends: false },
      { kid: "k3", ends: null },
    ]);
    expect(await cell.drifts()).toEqual(NO_DRIFT);
  });

  test.each([
    ["a tenant", BIRCH, ONLY_BIRCH],
    ["the application", APP, { shared: true }],
  ])("control: whoever keeps a secret for longer than the drain is refused: %s", async (_whose, path, what) => {
    const kept = cell.held(path);
    const { failures } = await withTraffic([() => once(kept)], async (oneMore) => {
      await oneMore();
      await cell.rotate(what);
      await oneMore();
    });
    expect(failures).toContainEqual(expect.stringMatching(CLOSED));
  });

  test("a session that outlives the drain is ended, and told", async () => {
    const session = await cell.login(...cell.held(BIRCH));
    expect(await cell.rotate(ONLY_BIRCH)).toMatchObject({ rotated: [{ sessionsEnded: 1 }] });
    await expect(session.query("select 1")).rejects.toThrow();
  });
});

describe("a password that leaked", () => {
  const interrupted = (text: string) => {
    if (text.startsWith("waiting")) throw new Error("stopped in the drain");
  };

  test("of a second login opens nothing after the rotation: it cannot become the first one", async () => {
    if (cell.held(APP)[0] === "tenantry_app") await cell.rotate({ shared: true });
    const leaked = cell.held(APP);
    await cell.passTime();
    const stopped = cell.rotate({ shared: true }, { drainMs: 3_600_000, tell: interrupted });
    await expect(stopped).rejects.toThrow("stopped in the drain");
    const set = "set role tenantry_app";
    const take = (): Promise<unknown> => attemptAs(leaked, `${set}; alter role tenantry_app password 'taken'`);
    await expect(take()).rejects.toMatchObject({ code: "42501" });
    await expect(attemptAs(leaked, "alter role tenantry_app password 'taken'")).rejects.toMatchObject({
      code: "42501",
    });

    await cell.tamper("grant tenantry_app to tenantry_app_b with set true granted by tenantry_admin");
    expect((await cell.drifts()).shared).toEqual({ tenantry_app_b: "tenantry_app_b: can become tenantry_app" });
    await take();
    await cell.enter(["tenantry_app", "taken"]);
    await cell.settle(LINES);
    expect(await cell.drifts()).toEqual(NO_DRIFT);
    await expect(take()).rejects.toMatchObject({ code: "42501" });
    await cell.rotate({ shared: true }); // the password that was taken goes
    await cell.passTime();
  });

  async function attemptAs(login: Login, sql: string): Promise<void> {
    const client = await cell.login(...login);
    await client.query(sql).finally(() => client.end());
  }
});

describe("nothing is changed", () => {
  const state = () =>
    cell.tamper(
      "select rolname, rolpassword, rolcanlogin, (select json_agg(r order by subject) from tenantry.rotations r) as rotations from pg_authid where rolname ~ '^(login|tenantry)_' order by 1",
    );

  test.each([
    ["of a pooled tenant", "cedar", /a pooled tenant has no login.*`tenantry rotate --cell eu-1` \[TN-321\]/],
    ["of a tenant that is not there", "yew", /it is not in this cell yet.*TN-321/],
  ])("%s", async (_whose, slug, told) => {
    const before = await state();
    expect((await cell.rotate({ tenants: [slug] })).failures).toEqual([
      { cell: "eu-1", subject: slug, reason: expect.stringMatching(told) },
    ]);
    expect(await state()).toEqual(before);
  });

  test("of a login that somebody else made under the other one's name", async () => {
    const other = cell.held(ELM)[0] === "login_elm_a" ? "login_elm_b" : "login_elm_a";
    await cell.tamper(`comment on role ${other} is 'theirs'`);
    const { failures } = await cell.rotate({ tenants: ["elm"] });
    expect(failures).toEqual([
      { cell: "eu-1", subject: "elm", reason: expect.stringMatching(/login_elm_[ab].*TN-308/) },
    ]);
    await cell.enter(cell.held(ELM));
    await cell.tamper(`comment on role ${other} is 'tenantry ${idOf("elm")}'`);
  });

  test("for applications, when somebody else writes the secret at the same moment: that is told, and the next run rotates", async () => {
    const before = cell.held(ELM);
    const write = cell.store.write.bind(cell.store);
    cell.store.write = async (path, data, cas) => {
      cell.store.write = write;
      const now = await cell.store.read(path);
      await write(path, { ...now?.data }, now?.version ?? 0);
      return write(path, data, cas);
    };
    const { failures } = await cell.rotate({ tenants: ["elm"] });
    const reason = expect.stringMatching(/is at version \d+, not/);
    expect(failures).toEqual([{ cell: "eu-1", subject: "elm", reason }]);
    expect(cell.held(ELM)).toEqual(before);
    await cell.enter(before);
    expect((await cell.rotate({ tenants: ["elm"] })).failures).toEqual([]);
    await cell.enter(cell.held(ELM));
    await expect(cell.enter(before)).rejects.toThrow(CLOSED);
  });

  test("by the second of two runs at once: it goes on with what the first began", async () => {
    const before = cell.held(ELM);
    const outcomes = await Promise.all([1, 2].map(() => cell.rotate({ tenants: ["elm"] }, { drainMs: 1_000 })));
    expect(outcomes.flatMap(({ failures }) => failures)).toEqual([]);
    const rotated = outcomes.flatMap((outcome) => outcome.rotated);
    expect(rotated.map(({ resumed }) => resumed).sort()).toEqual([false, true]);
    expect(new Set(rotated.map(({ to }) => to)).size).toBe(1);
    await cell.enter(cell.held(ELM));
    await expect(cell.enter(before)).rejects.toThrow(CLOSED);
  });

  test("with the store down", async () => {
    const before = await state();
    cell.store.down = new Error("no answer from the store");
    const { rotated, failures } = await cell.rotate({ tenants: "all", shared: true }).finally(() => {
      cell.store.down = undefined;
    });
    expect(rotated).toEqual([]);
    const logins = ["app", "migrator", "reader", "pooler"].map((kind) => `tenantry_${kind}`);
    expect(failures.map(({ subject }) => subject)).toEqual(["birch", "elm", "fir", ...logins, "signing key"]);
    expect(await state()).toEqual(before);
  });
});
