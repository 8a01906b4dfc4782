/** Wherever a run is killed, and whatever is lost: a login works all the time, and the next run puts the rest right. */
import { Client } from "pg";
import {
  APP,
  BIRCH,
  CLOSED,
  LINES,
  NO_DRIFT,
  ONLY_BIRCH,
  type RotatingCell,
  startRotatingCell,
  type What,
} from "./rotating-cell";
import { line } from "./test-cell";

let cell: RotatingCell;
beforeAll(async () => {
  cell = await startRotatingCell();
});
afterAll(() => cell?.stop());

describe("a run that is killed", () => {
  let connections = 3;
  /** An `up` that looks at the secret, which one without changes does not. */
  const up = () => {
    connections += 1;
    return cell.settle({ ...LINES, birch: line("birch", "schema", "active", ` connections=${connections}`) });
  };
  const WRITES = /^(begin|update|insert|delete|\s+with starting)/;
  /** Ends its session before the nth statement that changes something, or all of it when it waits; gives their number. */
  async function kill(nth: number, drainMs: number, what: What = ONLY_BIRCH): Promise<number> {
    let count = 0;
    const original = Client.prototype.query;
    const spy = jest.spyOn(Client.prototype, "query").mockImplementation(function (this: Client, ...args: unknown[]) {
      const { application_name: name } = Reflect.get(this, "connectionParameters");
      const counts = String(name).startsWith("tenantry rotate") && WRITES.test(String(args[0]));
      count += counts ? 1 : 0;
      if (counts && count === nth) Reflect.get(Reflect.get(this, "connection"), "stream").destroy();
      return Reflect.apply(original, this, args);
    });
    const tell = (text: string) => {
      if (text.startsWith("waiting")) throw new Error("killed in the drain");
    };
    try {
      const { failures } = await cell.rotate(what, { drainMs, tell });
      expect(failures.length > 0).toBe(count >= nth);
    } catch (error) {
      expect(String(error)).toContain("killed in the drain");
    } finally {
      spy.mockRestore();
    }
    return count;
  }
  /** Gives how many statements there are before the drain. */
  async function killEach(): Promise<number> {
    for (let nth = 1; ; nth += 1) {
      const before = cell.held(BIRCH);
      const count = await kill(nth, 60_000);
      await cell.enter(cell.held(BIRCH));
      expect(await cell.drifts()).toEqual(NO_DRIFT);
      await up();
      await cell.enter(before);
      await cell.enter(cell.held(BIRCH));
      expect(await cell.drifts()).toEqual(NO_DRIFT);
      await cell.passTime();
      expect((await cell.rotate(ONLY_BIRCH)).failures).toEqual([]);
      await cell.enter(cell.held(BIRCH));
      await expect(cell.enter(before)).rejects.toThrow(CLOSED);
      if (count < nth) return count;
    }
  }

  test("before any statement or in the drain: both logins work until the time is over, and the next run closes the old one", async () => {
    expect(await killEach()).toBe(2);
    expect(await cell.drifts()).toEqual(NO_DRIFT);
  });

  test("when it should have closed the login of before: that is drift then, and the next `up` or run does it", async () => {
    for (let nth = 3; ; nth += 1) {
      const before = cell.held(BIRCH);
      const session = await cell.login(...before);
      const count = await kill(nth, 0);
      await cell.enter(cell.held(BIRCH));
      await up();
      await expect(cell.enter(before)).rejects.toThrow(CLOSED);
      expect(await cell.drifts()).toEqual(NO_DRIFT);
      expect((await cell.rotate(ONLY_BIRCH)).failures).toEqual([]);
      await expect(session.query("select 1")).rejects.toThrow();
      await cell.enter(cell.held(BIRCH));
      if (count < nth) break;
      expect(nth).toBeLessThanOrEqual(9);
    }
  });

  test("of the cell's logins and key: what was read before works on, and so does what is read now", async () => {
    for (let nth = 1; ; nth += 1) {
      const [app, key] = [cell.held(APP), cell.heldKey()];
      const count = await kill(nth, 60_000, { shared: true });
      for (const after of [async () => {}, up]) {
        await after();
        expect(await cell.accepts(app, cell.heldKey())).toBe(true);
        expect(await cell.accepts(cell.held(APP), key)).toBe(true);
      }
      expect(await cell.drifts()).toEqual(NO_DRIFT);
      if (count < nth) break;
    }
    const [app, key] = [cell.held(APP), cell.heldKey()];
    await cell.passTime();
    await cell.rotate({ shared: true });
    expect(await cell.accepts(cell.held(APP), cell.heldKey())).toBe(true);
    expect(cell.heldKey().kid).not.toBe(key.kid);
    if (cell.held(APP)[0] !== app[0]) await expect(cell.enter(app)).rejects.toThrow(CLOSED);
  });

  test("in the drain, what leaked may be new: a run without a drain replaces it at once", async () => {
    const before = cell.held(BIRCH);
    await kill(Number.POSITIVE_INFINITY, 3_600_000, { tenants: ["birch"], shared: true });
    const [leaked, app, key] = [cell.held(BIRCH), cell.held(APP), cell.heldKey()];
    expect((await cell.rotate({ tenants: ["birch"], shared: true })).failures).toEqual([]);
    for (const login of [before, leaked, app]) await expect(cell.enter(login)).rejects.toThrow(CLOSED);
    await cell.enter(cell.held(BIRCH));
    expect(cell.heldKey().kid).not.toBe(key.kid);
    const late = "select kid from tenantry.keys where not_after > now() + interval '6 minutes'";
    expect(await cell.tamper(late)).toEqual([]);
    expect(await cell.accepts(cell.held(APP), cell.heldKey())).toBe(true);
    expect(await cell.drifts()).toEqual(NO_DRIFT);
  });
});

describe("whichever of the pair is in use", () => {
  beforeEach(async () => {
    await cell.settle(LINES);
    await cell.passTime();
    if (cell.held(BIRCH)[0] !== "login_birch_b") await cell.rotate(ONLY_BIRCH);
    expect(cell.held(BIRCH)[0]).toBe("login_birch_b");
  });

  test("a wiped store has it again with the next run that uses the store", async () => {
    cell.store.secrets.delete(BIRCH);
    await cell.settle({ ...LINES, birch: line("birch", "schema", "active", " connections=9") });
    expect(cell.held(BIRCH)[0]).toBe("login_birch_b");
    await cell.enter(cell.held(BIRCH));
  });

  test("a wiped store has a new key under the name of the one in use, and what the old one signed is refused", async () => {
    await cell.rotate({ shared: true });
    const before = cell.heldKey();
    cell.store.secrets.delete("cells/eu-1/context");
    await cell.settle({ ...LINES, birch: line("birch", "schema", "active", " connections=9") });
    expect(cell.heldKey().kid).toBe(before.kid);
    expect(await cell.accepts(cell.held(APP), cell.heldKey())).toBe(true);
    await expect(cell.accepts(cell.held(APP), before)).rejects.toMatchObject({ code: "42501" });
  });

  test.each([
    ["its row", "delete from tenantry.logins; delete from tenantry.tenants where slug = 'birch'"],
    ["what is known of its rotation", "delete from tenantry.rotations where subject = 'login_birch_a'"],
    ["the login in use", "drop role login_birch_b"],
    ["the login of before", "drop role login_birch_a"],
  ])("%s is lost: the next run gives back a login that works, and the secret names it", async (_what, sql) => {
    await cell.tamper(sql);
    await cell.settle(LINES);
    await cell.enter(cell.held(BIRCH));
    expect(await cell.drifts()).toEqual(NO_DRIFT);
  });

  test("a login of before that somebody opens again is drift, and is closed with its sessions", async () => {
    await cell.tamper("alter role login_birch_a login password 'known'");
    const session = await cell.login("login_birch_a", "known");
    expect((await cell.drifts()).tenants).toEqual([expect.stringContaining("login_birch_a: can log in")]);
    await cell.settle(LINES);
    await expect(session.query("select 1")).rejects.toThrow();
    await expect(cell.enter(["login_birch_a", "known"])).rejects.toThrow(CLOSED);
    const unused = cell.held(APP)[0] === "tenantry_app" ? "tenantry_app_b" : "tenantry_app";
    await cell.tamper(`alter role ${unused} login password 'known'`);
    const app = await cell.login(unused, "known");
    expect(Object.keys((await cell.drifts()).shared)).toEqual([unused]);
    await cell.settle(LINES);
    await expect(app.query("select 1")).rejects.toThrow();
  });

  test("suspension closes both while they are rotated, and the next active run opens what is to be open", async () => {
    const before = cell.held(BIRCH);
    let rotating: Promise<unknown> = Promise.resolve();
    await new Promise<void>((resolve, reject) => {
      const tell = (text: string) => (text.startsWith("waiting") ? resolve() : undefined);
      rotating = cell.rotate(ONLY_BIRCH, { drainMs: 1_500, tell });
      rotating.catch(reject);
    });
    const after = cell.held(BIRCH);
    const suspended = { ...LINES, birch: line("birch", "schema", "suspended") };
    expect((await cell.up(suspended)).failures).toEqual([]);
    for (const login of [before, after]) await expect(cell.enter(login)).rejects.toThrow(CLOSED);
    expect(await rotating).toMatchObject({ failures: [] });
    expect((await cell.rotate(ONLY_BIRCH)).failures).toEqual([
      { cell: "eu-1", subject: "birch", reason: expect.stringMatching(/it is suspended.*status: active.*TN-321/) },
    ]);
    expect((await cell.rotate({ tenants: "all" })).rotated.map(({ name }) => name)).toEqual(["elm", "fir"]);
    await cell.settle(LINES);
    await cell.enter(after);
    await expect(cell.enter(before)).rejects.toThrow(CLOSED);
  });

  test("who leaves takes both along", async () => {
    await cell.settle({ ...LINES, birch: line("birch", "schema", "offboarding") });
    const { birch: _, ...others } = LINES;
    await cell.settle(others);
    expect(cell.store.secrets.has(BIRCH)).toBe(false);
    expect(await cell.tamper("select rolname from pg_roles where rolname ~ 'login_birch'")).toEqual([]);
    expect(await cell.tamper("select subject from tenantry.rotations where subject ~ 'birch'")).toEqual([]);
  });
});
