/** The signed context: what `tenantry.current_tenant()` accepts, and everything else that it refuses. */
import { createHmac, randomBytes, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import type { Client } from "pg";
import { signContext } from "../../client/context";
import { runs } from "../runs";
import { attempt, failure, type GuardedCell, idsOf, startGuardedCell } from "./guarded-cell";
import { SQL_DIR } from "./test-cell";

const REFUSED = "42501";
const WHO = "select tenantry.current_tenant()";
const SECOND = 1000;

let cell: GuardedCell;
let app: Client;
beforeAll(async () => {
  cell = await startGuardedCell();
  app = await cell.session("app");
});
afterAll(() => cell?.stop());

const who = (context?: string) => attempt(app, context, WHO).then((rows) => rows[0]);
const refusal = (context: string) => failure(app, context, WHO);

/** All that an error says to whoever gets it. */
const said = (error: Error) => ({ ...error, message: error.message });
/** What a refused context hears, whatever was wrong with it. */
const THE_REFUSAL = {
  name: "error",
  severity: "ERROR",
  code: REFUSED,
  message: "tenant context refused",
  detail: undefined,
  hint: undefined,
  where: expect.stringMatching(/^PL\/pgSQL function tenantry\.current_tenant\(\) line \d+ at RAISE$/),
};

describe("what is accepted", () => {
  test("a signed context is its tenant, for the application and for its reader", async () => {
    const reader = await cell.session("reader");
    expect(await who(cell.context(idsOf.cedar))).toEqual([idsOf.cedar]);
    expect(await attempt(reader, cell.context(idsOf.fir), WHO)).toEqual([[idsOf.fir]]);
  });

  test("nothing presented is nobody: unset, empty, and empty as a rolled back transaction leaves it", async () => {
    const fresh = await cell.session("app");
    expect(await attempt(fresh, undefined, WHO)).toEqual([[null]]);
    expect(await attempt(fresh, "", WHO)).toEqual([[null]]);
    await attempt(fresh, cell.context(idsOf.cedar), WHO);
    expect(await attempt(fresh, undefined, WHO)).toEqual([[null]]);
  });

  test("PostgreSQL computes the HMAC of RFC 4231 from stored pads, as Node does", async () => {
    const message = "what do ya want for nothing?";
    const key = "4a656665".padEnd(64, "0"); // "Jefe": HMAC fills short keys with zeros
    const vector = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
    expect(createHmac("sha256", Buffer.from(key, "hex")).update(message).digest("hex")).toBe(vector);
    await cell.addKey("rfc", key);
    const { rows } = await cell.admin.query(
      `select encode(sha256(outer_pad || sha256(inner_pad || convert_to($1, 'UTF8'))), 'hex') as mac from tenantry.keys where kid = 'rfc'`,
      [message],
    );
    expect(rows[0].mac).toBe(vector);
  });

  test("any key and any expiry ahead agree on both sides", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.integer({ min: 60, max: 4e9 }),
        fc.stringMatching(/^[a-z0-9_-]{1,32}$/),
        async (bytes, expiresInSeconds, kid) => {
          const key = Buffer.from(bytes).toString("hex");
          await cell.admin.query("delete from tenantry.keys where kid = $1", [kid]);
          await cell.addKey(kid, key);
          expect(await who(cell.context(idsOf.cedar, { kid, key, expiresInSeconds }))).toEqual([idsOf.cedar]);
          await cell.admin.query("delete from tenantry.keys where kid = $1", [kid]);
        },
      ),
      {
        numRuns: runs(40),
        examples: [
          [new Uint8Array(32), 60, "k2"],
          [new Uint8Array(32).fill(255), 60, "-"],
        ],
      },
    );
  });

  test("two keys serve at once, so that they can be exchanged; one past its end is refused", async () => {
    const key = randomBytes(32).toString("hex");
    await cell.addKey("k3", key, "infinity");
    expect(await who(cell.context(idsOf.cedar, { kid: "k3", key }))).toEqual([idsOf.cedar]);
    expect(await who(cell.context(idsOf.cedar))).toEqual([idsOf.cedar]);
    await cell.admin.query("update tenantry.keys set not_after = now() where kid = 'k3'");
    expect(await refusal(cell.context(idsOf.cedar, { kid: "k3", key }))).toBe(REFUSED);
  });
});

describe("what is refused", () => {
  test("a context of another cell: its key is not known here, or is another one of the same name", async () => {
    const key = randomBytes(32).toString("hex");
    expect(await refusal(cell.context(idsOf.cedar, { key }))).toBe(REFUSED);
    expect(await refusal(cell.context(idsOf.cedar, { key, kid: "k9" }))).toBe(REFUSED);
  });

  test("an expired context", async () => {
    expect(await who(cell.context(idsOf.cedar, { now: Date.now() - 50 * SECOND }))).toEqual([idsOf.cedar]);
    expect(await refusal(cell.context(idsOf.cedar, { now: Date.now() - 61 * SECOND }))).toBe(REFUSED);
  });

  test("one that was accepted, again after its end; a statement that had begun is not ended by it", async () => {
    const brief = cell.context(idsOf.cedar, { expiresInSeconds: 0.4 }); // up to the next whole second
    const early = await cell.session("app");
    await early.query("begin");
    await early.query("select set_config('tenantry.context', $1, true)", [brief]);
    const begun = early.query(`do $$ begin
      while clock_timestamp() <= to_timestamp(${brief.split(".")[2]}) loop perform pg_sleep(0.02); end loop;
      assert tenantry.current_tenant() = '${idsOf.cedar}';
    end $$`);
    expect(await who(brief)).toEqual([idsOf.cedar]);
    await begun;
    await expect(early.query(WHO)).rejects.toMatchObject({ code: REFUSED }); // its transaction does not keep it alive
    expect(await refusal(brief)).toBe(REFUSED);
    await early.end();
  });

  test("what two contexts are made of, exchanged: only the whole of one is accepted", async () => {
    const key = randomBytes(32).toString("hex");
    await cell.addKey("k5", key);
    const one = cell.context(idsOf.cedar, { expiresInSeconds: 60 }).split(".");
    const other = cell.context(idsOf.fir, { expiresInSeconds: 3600, kid: "k5", key }).split(".");
    const accepted: unknown[] = [];
    for (let choice = 0; choice < 2 ** one.length; choice++) {
      const context = one.map((part, at) => (choice & (2 ** at) ? other[at] : part)).join(".");
      accepted.push(await who(context).catch((error: { code?: string }) => error.code));
    }
    const mixed = Array.from({ length: 2 ** one.length - 2 }, () => REFUSED);
    expect(accepted).toEqual([[idsOf.cedar], ...mixed, [idsOf.fir]]);
  });

  test("a tenant that is suspended while its transaction runs: from the next statement on", async () => {
    await app.query("begin");
    await app.query("select set_config('tenantry.context', $1, true)", [cell.context(idsOf.fir)]);
    await app.query(WHO);
    await cell.setStatus("fir", "suspended");
    await expect(app.query(WHO)).rejects.toMatchObject({ code: REFUSED });
    await app.query("rollback");
    await cell.setStatus("fir", "active");
  });

  test("but a transaction that sees one moment alone sees the tenant as it was then", async () => {
    await app.query("begin isolation level repeatable read");
    await app.query("select set_config('tenantry.context', $1, true)", [cell.context(idsOf.fir)]);
    await cell.setStatus("fir", "suspended");
    expect((await app.query({ text: WHO, rowMode: "array" })).rows).toEqual([[idsOf.fir]]);
    await app.query("rollback");
    expect(await refusal(cell.context(idsOf.fir))).toBe(REFUSED);
    await cell.setStatus("fir", "active");
  });

  test.each(["suspended", "offboarding", "removed", "preparing"])("a tenant that is %s", async (status) => {
    await cell.setStatus("fir", status);
    expect(await refusal(cell.context(idsOf.fir))).toBe(REFUSED);
    await cell.setStatus("fir", "active");
    expect(await who(cell.context(idsOf.fir))).toEqual([idsOf.fir]);
  });

  test("a tenant that is unknown here, or has a schema of its own", async () => {
    expect(await refusal(cell.context(randomUUID()))).toBe(REFUSED);
    expect(await refusal(cell.context(idsOf.birch))).toBe(REFUSED);
  });

  test("every single character that differs", async () => {
    const context = cell.context(idsOf.cedar);
    await app.query("begin; savepoint before");
    for (let at = 0; at < context.length; at++) {
      const changed = `${context.slice(0, at)}${context[at] === "1" ? "2" : "1"}${context.slice(at + 1)}`;
      await app.query("select set_config('tenantry.context', $1, true)", [changed]);
      await expect(app.query(WHO)).rejects.toMatchObject({ code: REFUSED });
      await app.query("rollback to before");
    }
    await app.query("rollback");
  });

  test("garbage: always 42501, never a tenant, never another error, and nothing said about why", async () => {
    const valid = cell.context(idsOf.cedar);
    const part = fc.oneof(
      ...valid.split(".").map((text) => fc.constant(text)),
      fc.string({ unit: "binary", maxLength: 40 }).map((text) => text.replaceAll("\0", "")),
      fc.constantFrom(
        "",
        "-1",
        "9".repeat(13),
        "9".repeat(30),
        "A".repeat(64),
        "{}",
        "00000000-0000-0000-0000-000000000000",
        "x".repeat(3000),
      ),
    );
    const garbage = fc.array(part, { minLength: 0, maxLength: 7 }).map((parts) => parts.join("."));
    await fc.assert(
      fc.asyncProperty(garbage, async (context) => {
        fc.pre(context !== "" && context !== valid);
        const error = await attempt(app, context, "select * from pooled.topics").catch(said);
        expect(error).toMatchObject(THE_REFUSAL);
      }),
      { numRuns: runs(300) },
    );
  });

  describe("for whatever reason", () => {
    /** One for each thing that is checked. */
    const refused = async () => {
      await cell.setStatus("fir", "suspended");
      const contexts = [
        "garbage",
        cell.context(idsOf.cedar, { kid: "k99" }),
        cell.context(idsOf.cedar, { key: randomBytes(32).toString("hex") }),
        cell.context(idsOf.cedar, { now: Date.now() - 61 * SECOND }),
        cell.context(idsOf.birch),
        cell.context(idsOf.fir),
        cell.context(randomUUID()),
      ];
      const errors: object[] = [];
      for (const context of contexts) {
        const error = await attempt(app, context, WHO).catch(said);
        for (const part of context.split(".")) expect(JSON.stringify(error)).not.toContain(part);
        errors.push(error);
      }
      await cell.setStatus("fir", "active");
      return errors;
    };

    test("the answer is the same to the last field; control: a line for each reason tells them apart", async () => {
      const errors = await refused();
      expect(errors[0]).toMatchObject(THE_REFUSAL);
      expect(errors).toEqual(errors.map(() => errors[0]));

      const definition = "select pg_get_functiondef('tenantry.current_tenant()'::regprocedure) as sql";
      const [now] = await cell.tamper(definition);
      const file = readFileSync(join(SQL_DIR, "cell/0002_context.sql"), "utf8");
      const before = file.slice(file.indexOf("create function")).replace("create", "create or replace");
      await cell.tamper(before);
      const apart = (await refused()).map((error) => JSON.stringify(error));
      await cell.tamper(String(now?.sql));
      expect(new Set(apart).size).toBeGreaterThan(1);
    });
  });

  test("what a holder of the key signs by mistake", async () => {
    const key = randomBytes(32).toString("hex");
    await cell.addKey("k4", key);
    const sign = (statement: string) =>
      `${statement}.${createHmac("sha256", Buffer.from(key, "hex")).update(statement).digest("hex")}`;
    const { cedar } = idsOf;
    expect(await who(sign(`k4.${cedar}.99999999999`))).toEqual([cedar]);
    const mistakes = [
      `k4.${cedar}.`,
      `k4.${cedar.slice(1)}.9999999999`,
      `k4.${cedar}.${"9".repeat(20)}`,
      `k4.${cedar}`,
      `k4.-.9`,
      `k4.${cedar.replaceAll("-", "")}.9999999999`,
      `k4.{${cedar}}.9999999999`,
      ...["09999999999", "+9999999999", " 9999999999", "9_999_999_999", "0x254f4d97ff"].map(
        (end) => `k4.${cedar}.${end}`,
      ),
    ];
    for (const mistake of [...mistakes, `k4.${cedar.toUpperCase()}.9999999999`])
      expect(await refusal(sign(mistake))).toBe(REFUSED);
    expect(await refusal(sign(`k4.${cedar}.99999999999`).toUpperCase())).toBe(REFUSED);
  });

  test("signing nonsense fails where it is done", () => {
    const key = { kid: "k1", key: "00".repeat(32) };
    expect(() => signContext({ ...key, key: "00" }, randomUUID(), { expiresInSeconds: 60 })).toThrow("32 bytes");
    expect(() => signContext(key, "cedar", { expiresInSeconds: 60 })).toThrow("no tenant id");
    expect(() => signContext(key, randomUUID(), { expiresInSeconds: 0 })).toThrow("above 0");
    expect(() => signContext(key, randomUUID(), { expiresInSeconds: Number.NaN })).toThrow("above 0");
    expect(() => signContext({ ...key, kid: "K.1" }, randomUUID(), { expiresInSeconds: 60 })).toThrow("kid");
  });
});

describe("a pinned login", () => {
  test("is its tenant, whatever it presents or sets", async () => {
    await cell.admin.query(
      "grant usage on schema tenantry to role_birch; set role tenantry_control; grant execute on function tenantry.current_tenant() to role_birch; reset role",
    );
    const birch = await cell.session("birch");
    expect(await attempt(birch, undefined, WHO)).toEqual([[idsOf.birch]]);
    expect(await attempt(birch, cell.context(idsOf.cedar), WHO)).toEqual([[idsOf.birch]]);
    await birch.query("set role role_birch");
    expect(await attempt(birch, "garbage", WHO)).toEqual([[idsOf.birch]]);
  });

  /** What a login may change of itself, and what it may only try. */
  const DISGUISES = [
    ["set role none", "none"],
    ["set role role_elm", REFUSED],
    ["set session authorization default", "none"],
    ["set session authorization login_elm_a", REFUSED],
    ["select set_config('session_authorization', 'login_elm_a', false)", REFUSED],
    ["alter role login_birch_a set role = 'role_elm'", "none"],
    ["alter role login_birch_a set session_authorization = 'login_elm_a'", "none"],
    ["alter role login_birch_a set search_path = tenant_elm, pooled", "none"],
    ["alter role login_birch_a set tenantry.context = 'k1'", REFUSED],
    ["alter role login_birch_a rename to login_elm_b", "0A000"],
    ["alter role login_elm_a set search_path = tenant_birch", REFUSED],
    ["alter database app set search_path = tenant_elm", REFUSED],
  ];

  test.each(DISGUISES)("stays its tenant in this session and in the next: %s", async (sql, outcome) => {
    const birch = await cell.session("birch");
    const did = await birch.query(sql ?? "").then(
      () => "none",
      (error: { code?: string }) => error.code,
    );
    expect(did).toBe(outcome);
    for (const session of [birch, await cell.session("birch")]) {
      expect(await attempt(session, cell.context(idsOf.cedar), WHO)).toEqual([[idsOf.birch]]);
      expect(await failure(session, undefined, "select * from tenant_elm.topics")).toBe(REFUSED);
      expect(await failure(session, undefined, "select * from pooled.topics")).toBe(REFUSED);
      await session.end(); // its plan has few connections
    }
    await cell.tamper("alter role login_birch_a reset all");
  });

  test("is refused when its tenant is not active", async () => {
    const birch = await cell.session("birch");
    await cell.setStatus("birch", "suspended");
    expect(await failure(birch, undefined, WHO)).toBe(REFUSED);
    await cell.setStatus("birch", "active");
  });
});

describe("who may use it", () => {
  test("the application cannot read keys, logins or tenants, nor change the function", async () => {
    for (const sql of [
      "select * from tenantry.keys",
      "select * from tenantry.tenants",
      "insert into tenantry.logins values ('tenantry_app', gen_random_uuid())",
      "create or replace function tenantry.current_tenant() returns uuid language sql as 'select null::uuid'",
      "set role tenantry_control",
      "alter function tenantry.current_tenant() reset search_path",
    ]) {
      expect([sql, await failure(app, undefined, sql)]).toEqual([sql, REFUSED]);
    }
  });

  test("nor can the migrator, who owns every table", async () => {
    const migrator = await cell.session("migrator");
    for (const sql of [
      "select * from tenantry.keys",
      "select tenantry.current_tenant()",
      "set role tenantry_control",
    ]) {
      expect([sql, await failure(migrator, undefined, sql)]).toEqual([sql, REFUSED]);
    }
  });

  test("nothing in the caller's search path stands in for what it calls; control: without a fixed one, it does", async () => {
    const forged = `${cell.context(idsOf.cedar).slice(0, -64)}${"0".repeat(64)}`;
    await cell.tamper(`create schema sly authorization tenantry_app;
      create function sly.sha256(bytea) returns bytea language sql immutable as $$ select '\\x00'::bytea $$;
      grant usage on schema sly to public`);
    const sly = await cell.session("app");
    await sly.query("set search_path = sly, pg_catalog");
    expect(await failure(sly, forged, WHO)).toBe(REFUSED);
    await cell.tamper("alter function tenantry.current_tenant() reset search_path");
    expect(await attempt(sly, forged, WHO)).toEqual([[idsOf.cedar]]);
    await cell.tamper("alter function tenantry.current_tenant() set search_path = pg_catalog, pg_temp");
    expect(await failure(sly, forged, WHO)).toBe(REFUSED);
  });
});
