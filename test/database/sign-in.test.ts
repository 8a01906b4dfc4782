/** Sign-in happens before the tenant is known: what it may ask, and that nothing else gets past the wall with it. */
import { createHash } from "node:crypto";
import { Client } from "pg";
import { renderPooledGuard } from "../../database/guard";
import { parseLookUp } from "../../database/look-up";
import { renderLookUp } from "../../database/look-up-text";
import { typeLookUps } from "../../database/look-up-types";
import { readTables } from "../../database/tables";
import { attempt, failure, type GuardedCell, idsOf, startGuardedCell } from "./guarded-cell";

const DENIED = "42501";
const KEY = hashOf("key of cedar");
const EMAIL = "a@example.com";
const BY_KEY = "select slug, scopes from pooled.tenant_of_api_key($1)";
const BY_EMAIL = "select slug from pooled.tenants_of_email($1) order by slug";

let cell: GuardedCell;
let app: Client;
beforeAll(async () => {
  cell = await startGuardedCell();
  app = await cell.session("app");
  await asTenant("cedar", addKey(KEY, "{read}"));
  await asTenant("cedar", `insert into pooled.users (email) values ('${EMAIL}'), ('b@example.com')`);
  await asTenant(
    "fir",
    `insert into pooled.users (email, status) values ('${EMAIL}', 'active'), ('c@example.com', 'invited')`,
  );
});
afterAll(() => cell?.stop());

function hashOf(key: string): Buffer {
  return createHash("sha256").update(key).digest();
}

const addKey = (hash: Buffer, scopes = "{}") =>
  `with o as (insert into pooled.organizations (name, slug) values ('Main', 'main-' || gen_random_uuid()) returning id)
   insert into pooled.api_keys (organization_id, name, key_prefix, key_hash, scopes)
   select id, 'ci', 'demo', '\\x${hash.toString("hex")}', '${scopes}' from o`;

/** Runs one statement as the tenant, and commits. */
async function asTenant(slug: "cedar" | "fir", sql: string): Promise<void> {
  await app.query("begin");
  await app.query("select set_config('tenantry.context', $1, true)", [cell.context(idsOf[slug])]);
  await app.query(`${sql}; commit`);
}

/** What a look-up answers a session that presents nothing. */
async function ask(sql: string, value: unknown, who: Client = app): Promise<readonly unknown[][]> {
  return (await who.query<unknown[]>({ text: sql, values: [value], rowMode: "array" })).rows;
}
const refusal = (work: Promise<unknown>) =>
  work.then(
    () => "none",
    (error: { code?: string }) => error.code ?? String(error),
  );

describe("the application, which is nobody yet", () => {
  test("finds the tenant of a key, and the tenants of an e-mail", async () => {
    expect(await ask(BY_KEY, KEY)).toEqual([["cedar", ["read"]]]);
    expect(await ask(BY_EMAIL, EMAIL)).toEqual([["cedar"], ["fir"]]);
    expect(await ask(BY_EMAIL, "b@example.com")).toEqual([["cedar"]]);
  });

  test("gets the same answer, none, for everything else", async () => {
    for (const nothing of [hashOf("another"), KEY.subarray(0, 31), Buffer.concat([KEY, KEY]), Buffer.alloc(0), null]) {
      expect(await ask(BY_KEY, nothing)).toEqual([]);
    }
    for (const nothing of [
      "nobody@example.com",
      "a@example",
      "%",
      "a@%",
      "",
      " a@example.com",
      "A@EXAMPLE.COM",
      null,
    ]) {
      expect(await ask(BY_EMAIL, nothing)).toEqual([]);
    }
    expect(await ask(BY_EMAIL, "c@example.com")).toEqual([]); // invited, not active
  });

  test.each([
    ["revoked", "update pooled.api_keys set revoked_at = now()", "update pooled.api_keys set revoked_at = null"],
    ["expired", "update pooled.api_keys set expires_at = now()", "update pooled.api_keys set expires_at = 'infinity'"],
  ])("a key that is %s finds nobody; one that is not does", async (_, undo, redo) => {
    await asTenant("cedar", undo);
    expect(await ask(BY_KEY, KEY)).toEqual([]);
    await asTenant("cedar", redo);
    expect(await ask(BY_KEY, KEY)).toHaveLength(1);
  });

  test.each(["suspended", "offboarding", "removed", "preparing"])(
    "a tenant that is %s is not found",
    async (status) => {
      await cell.setStatus("cedar", status);
      expect(await ask(BY_KEY, KEY)).toEqual([]);
      expect(await ask(BY_EMAIL, EMAIL)).toEqual([["fir"]]);
      await cell.setStatus("cedar", "active");
      expect(await ask(BY_KEY, KEY)).toHaveLength(1);
    },
  );

  test("who copies a key into its own rows does not get the requests of its tenant", async () => {
    await asTenant("fir", addKey(KEY));
    expect(await ask(BY_KEY, KEY)).toEqual([]);
    for (const status of ["suspended", "offboarding"]) {
      await cell.setStatus("cedar", status);
      expect(await ask(BY_KEY, KEY)).toEqual([]);
    }
    await cell.setStatus("cedar", "removed"); // it may come back under another id, with its keys
    expect(await ask(BY_KEY, KEY)).toEqual([["fir", []]]);
    await cell.setStatus("cedar", "active");
    const control = "replace(prosrc, 'answer._answers = 1', 'true') where proname = 'tenant_of_api_key'";
    await cell.tamper(`update pg_proc set prosrc = ${control}`);
    expect(await ask(BY_KEY, KEY)).toHaveLength(2);
    await cell.guard("pooled");
    await asTenant("fir", "delete from pooled.api_keys");
    expect(await ask(BY_KEY, KEY)).toHaveLength(1);
  });

  test("cannot list: an exact comparison is all there is, and with a pattern it is not", async () => {
    const like =
      "update pg_proc set prosrc = replace(prosrc, 'r.email = $1', 'r.email like $1') where proname = 'tenants_of_email'";
    await cell.tamper(like);
    expect(await ask(BY_EMAIL, "%")).not.toEqual([]);
    await cell.guard("pooled");
    expect(await ask(BY_EMAIL, "%")).toEqual([]);
  });
});

test("another login of the application asks as a member of its role", async () => {
  await cell.tamper("create role app_b login in role tenantry_app");
  const rows = await cell.tamper(`select has_schema_privilege('app_b', 'pooled', 'usage') as enters,
    has_function_privilege('app_b', 'pooled.tenants_of_email(text)', 'execute') as asks,
    pg_has_role('app_b', 'tenantry_sign_in', 'member') as is`);
  expect(rows).toEqual([{ enters: true, asks: true, is: false }]);
  await cell.tamper("drop role app_b");
});

describe("nobody else", () => {
  test("may ask", async () => {
    for (const who of ["reader", "migrator", "birch"] as const) {
      expect([who, await refusal(ask(BY_EMAIL, EMAIL, await cell.session(who)))]).toEqual([who, DENIED]);
    }
    await cell.tamper("grant execute on function pooled.tenants_of_email(text) to tenantry_reader");
    expect(await ask(BY_EMAIL, EMAIL, await cell.session("reader"))).toHaveLength(2);
    await cell.guard("pooled");
    expect(await refusal(ask(BY_EMAIL, EMAIL, await cell.session("reader")))).toBe(DENIED);
  });

  test("is the owner of the look-ups, whose policy shows every row of the columns that it may read", async () => {
    const become = "set local role tenantry_sign_in";
    for (const who of ["app", "reader", "migrator", "birch"] as const) {
      expect([who, await failure(await cell.session(who), undefined, become)]).toEqual([who, DENIED]);
    }
    const emails = async () => {
      await app.query(`begin; ${become}`);
      try {
        return (await ask("select email from pooled.users where $1::text is null", null)).length;
      } finally {
        await app.query("rollback");
      }
    };
    await cell.tamper("grant tenantry_sign_in to tenantry_app");
    expect(await emails()).toBe(4);
    expect(await attempt(app, undefined, "select email from pooled.users")).toEqual([]); // the wall knows the application
    expect(await failure(app, undefined, `${become}; select password_hash from pooled.users`)).toBe(DENIED);
    expect(await failure(app, undefined, `${become}; delete from pooled.users`)).toBe(DENIED);
    await cell.tamper("revoke tenantry_sign_in from tenantry_app");
  });
});

describe("the wall of a table that sign-in searches", () => {
  test.each(["users", "api_keys"])("stands before the application, the reader and the owner: %s", async (table) => {
    const [reader, migrator] = [await cell.session("reader"), await cell.session("migrator")];
    const select = `select distinct tenant_id from pooled.${table}`;
    const seen = (who: Client) => attempt(who, undefined, select);
    await cell.asOwner(`create policy everything on pooled.${table} using (true)`);
    for (const who of [app, reader]) expect(await seen(who)).toEqual([]);
    expect(await failure(migrator, undefined, select)).toBe(DENIED);
    await cell.asOwner(`drop policy tenant_wall on pooled.${table}; drop policy tenant_access on pooled.${table}`);
    for (const who of [app, reader, migrator]) expect(await seen(who)).not.toEqual([]);
    await cell.guard("pooled");
    for (const who of [app, reader, migrator]) expect(await seen(who)).toEqual([]);
  });

  test("costs a query no more than that of another table", async () => {
    const explained = await attempt(
      app,
      cell.context(idsOf.cedar),
      "explain (costs off) select * from pooled.users where email = 'a'",
    );
    const text = explained.flat().join("\n");
    expect(text.match(/InitPlan 1/g)).toHaveLength(2); // where it is made and where it is used: both policies are one
    expect(text).not.toMatch(/SubPlan|InitPlan 2/);
  });
});

describe("a look-up", () => {
  test("means the tables that it names, whatever the session has of its own", async () => {
    const fake = `create temporary table tenants (id uuid, slug text, tier text, status text);
      create temporary table users (tenant_id uuid, email text, status text)`;
    expect(await failure(app, undefined, fake)).toBe(DENIED);
    await cell.tamper("grant temporary on database app to tenantry_app");
    const session = await cell.session("app");
    await session.query(`${fake}; set search_path = pg_temp, pooled, pg_catalog;
      insert into users values ('${idsOf.fir}', 'x', 'active');
      insert into tenants values ('${idsOf.fir}', 'stolen', 'pooled', 'active')`);
    expect(await ask(BY_EMAIL, "x", session)).toEqual([]);
    const unwary = `alter function pooled.tenants_of_email(text) reset all;
      update pg_proc set prosrc = replace(replace(prosrc, 'pooled.', ''), 'tenantry.', '') where proname = 'tenants_of_email'`;
    await cell.tamper(`${unwary}; grant temporary on database app to tenantry_sign_in`);
    // The owner of the function may not read the session's table: it is that table which it meets.
    expect(await refusal(ask(BY_EMAIL, "x", session))).toBe(DENIED);
    await session.query("grant select on users, tenants to public");
    expect(await ask(BY_EMAIL, "x", session)).toEqual([["stolen"]]);
    await cell.guard("pooled");
    await cell.tamper("revoke temporary on database app from tenantry_app, tenantry_sign_in");
    expect(await ask(BY_EMAIL, "x", session)).toEqual([]);
  });

  test("is no part of the query that calls it: what that one computes meets the answer, not the rows", async () => {
    const query = "select slug from pooled.tenants_of_email('b@example.com') where 1 / (slug <> 'fir')::int = 1";
    expect(await failure(app, undefined, query)).toBe("none");
    const [plan] = await attempt(app, undefined, `explain (costs off) ${query}`);
    expect(plan).toEqual(["Function Scan on tenants_of_email"]);
  });

  test("is not lent by a view of the owner of the tables", async () => {
    const view = `create view pooled.found as select * from pooled.tenants_of_email('${EMAIL}'); grant select on pooled.found`;
    await cell.asOwner(`${view} to tenantry_reader`);
    expect(await failure(await cell.session("reader"), undefined, "select * from pooled.found")).toBe(DENIED);
    await cell.asOwner("drop view pooled.found");
  });

  test("searches an index, the same for a key that is there and for one that is not", async () => {
    await cell.tamper(`insert into pooled.organizations select id, id, 'Main', 'main' from tenantry.tenants;
      insert into pooled.api_keys (tenant_id, organization_id, name, key_prefix, key_hash)
      select t.id, t.id, 'ci', 'demo', sha256(n::text::bytea) from tenantry.tenants t, generate_series(1, 500) n
      where slug = 'fir'; analyze pooled.api_keys`);
    const [hit, miss] = [await plansOf(KEY), await plansOf(hashOf("another"))];
    for (const plan of [hit, miss]) {
      expect(plan).toMatch(/Index Scan using api_keys_key_hash_idx on api_keys r/);
      expect(plan).not.toMatch(/Seq Scan on api_keys|Filter: .*key_hash/);
    }
    expect(nodesOf(miss)).toEqual(nodesOf(hit));
    await asTenant("fir", "delete from pooled.api_keys");
  });

  const nodesOf = (plan: string) => plan.match(/\b(Subquery |Index |Seq )Scan.* on \w+|Nested Loop|WindowAgg/g);

  /** What the function really runs, as the server tells a superuser. */
  async function plansOf(hash: Buffer): Promise<string> {
    const { host, port, database } = cell.pool;
    const superuser = new Client({
      host,
      port,
      database,
      user: cell.superuser.user,
      password: cell.superuser.password,
    });
    const told: string[] = [];
    superuser.on("notice", ({ message }) => told.push(message ?? ""));
    await superuser.connect();
    try {
      await superuser.query(`load 'auto_explain'; set auto_explain.log_min_duration = 0; set auto_explain.log_level = notice;
        set auto_explain.log_nested_statements = on; set auto_explain.log_analyze = on; set auto_explain.log_buffers = on`);
      await superuser.query(BY_KEY, [hash]);
    } finally {
      await superuser.end();
    }
    return told.find((plan) => plan.includes("api_keys")) ?? "";
  }
});

describe("a directive", () => {
  const typed = async (text: string) => {
    const lookUp = parseLookUp(text);
    if (!lookUp || "none" in lookUp) throw new Error(`${text} is none`);
    return typeLookUps(cell.admin, "pooled", [lookUp]);
  };

  test.each([
    ["tenants_of_phone by users.phone", "users has no phone"],
    ["tenants_of_phone by people.phone", "people has no phone, no tenant_id"],
    ["tenants_of_email by users.email where deleted_at is null gives nick", "users has no deleted_at, no nick"],
    [
      "tenants_of_name by users.name",
      /rows of all tenants; make an index first: create index on users \(name\).*TN-335/,
    ],
    [
      "tenants_of_email by users.email where name is null or later",
      "users.name is of type text; `null or later` is for",
    ],
    [
      "tenants_of_email by users.email where last_login_at = active",
      "users.last_login_at is of type timestamp with time",
    ],
  ])("that the tables cannot serve is refused: %s", async (text, message) => {
    await expect(typed(text)).rejects.toThrow(message);
  });

  test("may give a column of any name", async () => {
    await cell.tamper('alter table pooled.users add answers int, add "order" int, add answer int, add r int');
    const [typedOne] = await typed("tenant_of_email by users.email gives answers, answer, order, r");
    if (!typedOne) throw new Error("nothing was typed");
    await cell.tamper(`${renderLookUp("pooled", { ...typedOne, name: "tenant_of_any" })}`);
    expect(await ask("select * from pooled.tenant_of_any($1)", "b@example.com")).toEqual([
      ["cedar", null, null, null, null],
    ]);
    await cell.tamper(
      'drop function pooled.tenant_of_any; alter table pooled.users drop answers, drop "order", drop answer, drop r',
    );
  });

  test("for a type from elsewhere is refused: its operators are not PostgreSQL's", async () => {
    await cell.tamper(`create type public.mood as enum ('good'); alter table pooled.users add mood public.mood;
      create index on pooled.users (mood)`);
    await expect(typed("tenants_of_mood by users.mood")).rejects.toThrow("is of type public.mood");
    await cell.tamper("alter table pooled.users drop mood; drop type public.mood");
  });

  test("that is taken back leaves nothing of the look-ups, and the wall before everybody", async () => {
    const tables = await readTables(cell.admin, "pooled");
    const appendOnly = ["usage_events", "events"];
    const without = renderPooledGuard({ schema: "pooled", tables, appendOnly, quotas: [], lookUps: [], fresh: false });
    await cell.admin.query(`begin; ${without}; commit`);
    const { rows } = await cell.admin.query(
      `select (select count(*)::int from pg_proc where pronamespace = 'pooled'::regnamespace) as functions,
         (select count(*)::int from pg_policy where polname = 'tenant_sign_in') as policies,
         (select count(*)::int from pg_policy where polname = 'tenant_wall' and polroles <> '{0}') as narrow,
         has_schema_privilege('tenantry_sign_in', 'pooled', 'usage') as usage,
         has_any_column_privilege('tenantry_sign_in', 'pooled.users', 'select') as reads`,
    );
    expect(rows).toEqual([{ functions: 0, policies: 0, narrow: 0, usage: false, reads: false }]);
    await cell.guard("pooled");
    expect(await ask(BY_EMAIL, EMAIL)).toHaveLength(2);
  });

  test("gives the types that its function has", async () => {
    expect(await typed("tenant_of_api_key by api_keys.key_hash gives id, scopes")).toMatchObject([
      { type: "bytea", given: ["id uuid", "scopes text[]"] },
    ]);
  });
});
