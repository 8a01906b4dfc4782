/** What somebody who holds a login could take beyond it: by a trap for the admin, in another database, or by holding a run up. */
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { withClient } from "../../database/connect";
import { withLock } from "../../database/lock";
import { cellSecretPath, tenantSecretPath } from "../../registry/names";
import { idOf, line, nextTableFile, SQL_DIR, startTestCell, type TestCell } from "./test-cell";

const BASE = { birch: line("birch", "schema"), elm: line("elm", "schema"), cedar: line("cedar", "pooled") };
const MIGRATOR = cellSecretPath("eu-1", "migrator");

let cell: TestCell;
let sqlDir: string;
beforeAll(async () => {
  sqlDir = mkdtempSync(join(tmpdir(), "tenantry-sql-"));
  cpSync(SQL_DIR, sqlDir, { recursive: true });
  cell = await startTestCell();
  await cell.settle(BASE);
});
afterAll(async () => {
  await cell?.stop();
  rmSync(sqlDir, { recursive: true });
});

const refusal = (work: Promise<unknown>) =>
  work.then(
    () => "none",
    (error: { code?: string }) => error.code ?? String(error),
  );

/** What code of the migrator does when it runs in somebody's session: it takes the session's own role, and the keys. */
const STEAL = `
  create table tenant_birch.loot (who text, kid text);
  create function tenant_birch.steal() returns integer language plpgsql as $$
  begin
    perform set_config('role', 'none', true);
    insert into tenant_birch.loot select current_user, kid from tenantry.keys;
    return 0;
  exception when others then
    insert into tenant_birch.loot values (current_user, sqlerrm);
    return 0;
  end $$;`;
const loot = () => cell.tamper("select distinct who, kid from tenant_birch.loot");
const clean = () => cell.tamper("drop table tenant_birch.loot; drop function tenant_birch.steal()");

describe("a migrator", () => {
  const OUTSIDE = [
    "create schema loot",
    "create schema tenant_willow",
    "create extension pg_trgm schema tenant_birch",
    "create publication loot for table pooled.users",
    "alter schema pooled rename to loot",
  ];

  test.each(OUTSIDE)("makes nothing outside of the tables' schemas: %s", async (sql) => {
    expect(await refusal(cell.as(MIGRATOR, sql))).toBe("42501");
  });

  test("control: one privilege on the database is all that it lacks, and the next run takes it back", async () => {
    await cell.tamper("grant create on database app to tenantry_owner");
    expect(await refusal(cell.as(MIGRATOR, "create schema loot; drop schema loot"))).toBe("none");
    expect((await cell.report()).shared).toEqual({ database: "tenantry_owner has privileges" });
    expect((await cell.settle(BASE)).shared).toEqual({});
    expect(await refusal(cell.as(MIGRATOR, "create schema loot"))).toBe("42501");
  });

  test("cannot make the repair of a schema run its code", async () => {
    await cell.as(
      MIGRATOR,
      `${STEAL}
       create type tenant_birch.trap as (id uuid);
       create function tenant_birch.open(tenant_birch.trap) returns uuid language plpgsql as $$
         begin perform tenant_birch.steal(); return $1.id; end $$;
       create function tenant_birch.close(uuid) returns tenant_birch.trap language sql as $$ select row($1)::tenant_birch.trap $$;
       create cast (tenant_birch.trap as uuid) with function tenant_birch.open as implicit;
       create cast (uuid as tenant_birch.trap) with function tenant_birch.close as assignment;
       create table tenant_birch.bait (tenant_id tenant_birch.trap);
       insert into tenant_birch.bait values ('${idOf("birch")}'::uuid)`,
    );
    const { failures } = await cell.up(BASE);
    expect(failures).toEqual([{ subject: "birch", reason: expect.stringMatching(/bait: not expected.*TN-317/) }]);
    expect(await loot()).toEqual([]);

    const wall = `alter table tenant_birch.bait add check (tenant_id = '${idOf("birch")}'::uuid)`;
    await withClient({ connection: cell.connection, cell: "eu-1", purpose: "control" }, (client) => client.query(wall));
    expect(await loot()).toEqual([{ who: "tenantry_admin", kid: "k1" }]);
    await cell.tamper("drop table tenant_birch.bait; drop type tenant_birch.trap cascade");
    await clean();
    await cell.settle(BASE);
  });

  /** Each lies in wait for a file that changes a row, and is fired then, at the commit, or by the next query of the run. */
  const TRAPS = [
    ["a trigger", "perform tenant_birch.steal();", ""],
    [
      "a cursor that outlives the transaction",
      "execute 'declare trap cursor with hold for select tenant_birch.steal()';",
      "",
    ],
    [
      "a view in place of a catalog",
      "perform set_config('search_path', 'tenant_birch, pg_catalog', false);",
      "create view tenant_birch.pg_namespace as select n.*, tenant_birch.steal() from pg_catalog.pg_namespace n;",
    ],
    [
      "a trigger that waits for the commit",
      "set constraints all deferred; update tenant_birch.users set name = 'again';",
      `create function tenant_birch.late() returns trigger language plpgsql as $$
         begin perform tenant_birch.steal(); return null; end $$;
       create constraint trigger late after update on tenant_birch.users deferrable
         for each row execute function tenant_birch.late();`,
    ],
    [
      "an exclusion that is looked at with the commit",
      "set constraints all deferred; insert into tenant_birch.late values (1), (2);",
      `create function tenant_birch.late(n integer) returns integer language plpgsql immutable as $$
         begin perform tenant_birch.steal(); return case current_user when 'tenantry_owner' then 1 else n end; end $$;
       create table tenant_birch.late (n integer, exclude using btree (tenant_birch.late(n) with =) deferrable);`,
    ],
  ] as const;

  test.each(TRAPS)("cannot become the admin when a new file runs: %s", async (_, does, more) => {
    await cell.as(tenantSecretPath("birch"), "insert into organizations (name, slug) values ('Main', 'main')");
    await cell.as(tenantSecretPath("birch"), "insert into users (email) values ('a@example.com')");
    await cell.as(
      MIGRATOR,
      `${STEAL}${more}
       create function tenant_birch.trap() returns trigger language plpgsql as $$ begin ${does} return null; end $$;
       create trigger trap after update on tenant_birch.organizations for each row execute function tenant_birch.trap()`,
    );
    const notes = nextTableFile(sqlDir, "notes");
    const backfill = "update organizations set name = 'Renamed'";
    writeFileSync(join(sqlDir, "tenant", notes), `create table notes (tenant_id uuid primary key);\n${backfill};\n`);
    const { failures } = await cell.up(BASE, { sqlDir });
    expect(failures).toContainEqual({
      subject: "birch",
      reason: expect.stringMatching(/trap: not expected|is deferrable/),
    });
    expect((await loot()).filter(({ who }) => who !== "tenantry_owner")).toEqual([]);

    const unwary = `set search_path = pg_catalog; begin; set local role tenantry_owner; set local search_path = tenant_birch;
      ${backfill}; set local role none; commit; select * from pg_namespace`;
    await withClient({ connection: cell.connection, cell: "eu-1", purpose: "control" }, (client) =>
      client.query(unwary),
    );
    expect(await loot()).toContainEqual({ who: "tenantry_admin", kid: "k1" });
    rmSync(join(sqlDir, "tenant", notes));
    await cell.tamper(`delete from tenantry.migrations where file = '${notes}'`);
    await cell.tamper("drop function if exists tenant_birch.steal, tenant_birch.trap, tenant_birch.late cascade");
    await cell.tamper(
      "drop table if exists tenant_birch.loot, tenant_birch.late, tenant_birch.notes, tenant_elm.notes cascade",
    );
    await cell.tamper("truncate tenant_birch.organizations, tenant_birch.users cascade");
    await cell.settle(BASE);
  });
});

describe("any login", () => {
  const PATHS = [
    ["a tenant", tenantSecretPath("birch")],
    ["the pooled application", cellSecretPath("eu-1", "app")],
    ["the reader", cellSecretPath("eu-1", "reader")],
    ["the pooler", cellSecretPath("eu-1", "pooler")],
    ["the migrator", MIGRATOR],
  ] as const;
  const enter = async (path: string, database: string) => {
    const [user, password] = [cell.store.value(path, "username"), cell.store.value(path, "password")];
    const client = new Client({ host: cell.server.host, port: cell.server.port, database, user, password });
    try {
      await client.connect();
    } finally {
      await client.end();
    }
  };

  test.each(PATHS)("%s has no way into the server's other databases", async (_, path) => {
    for (const database of ["postgres", "template1"]) expect(await refusal(enter(path, database))).toBe("42501");
  });

  test("control: they are open to everybody until a run closes them", async () => {
    await cell.tamper(
      "grant connect, temporary on database postgres to public; grant connect on database template1 to public",
    );
    expect(await refusal(enter(tenantSecretPath("birch"), "postgres"))).toBe("none");
    expect((await cell.report()).shared).toMatchObject({
      "database postgres": "everybody may connect",
      "database template1": "everybody may connect",
    });
    await cell.up(BASE);
    expect(await refusal(enter(tenantSecretPath("birch"), "postgres"))).toBe("42501");
  });

  test("a tenant that takes the lock of runs loses its session, and the run goes on", async () => {
    const birch = tenantSecretPath("birch");
    const login = () => cell.login(cell.store.value(birch, "username"), cell.store.value(birch, "password"));
    const [holds, waits] = [await login(), await login()];
    await holds.query("select pg_advisory_lock(1952804449, 1853125241)");
    const waited = waits.query("select pg_advisory_lock(1952804449, 1853125241)").catch(() => undefined);
    const { state } = await cell.up({ ...BASE, birch: line("birch", "schema", "suspended") });
    expect(state.tenants.birch).toContain("status=suspended");
    await waited;
    for (const session of [holds, waits]) expect(await refusal(session.query("select 1"))).not.toBe("none");
    await Promise.all([holds.end(), waits.end()]);
  });

  test("control: another run of the admin keeps it", async () => {
    await withClient({ connection: cell.connection, cell: "eu-1", purpose: "reconcile" }, (client) =>
      withLock(client, "eu-1", 100, () => expect(cell.up(BASE)).rejects.toThrow("TN-305")),
    );
  });
});

describe("a tenant that would not be suspended", () => {
  const lines = { ...BASE, fir: line("fir", "schema", "active", " tables=own") };
  const suspended = {
    birch: line("birch", "schema", "suspended"),
    fir: line("fir", "schema", "suspended", " tables=own"),
  };
  const FIR = tenantSecretPath("fir");
  const mark = (slug: string) => cell.tamper(`comment on schema tenant_${slug} is 'tenantry ${idOf(slug)}'`);
  beforeAll(() => cell.settle(lines));
  afterAll(() => cell.settle(lines));

  test.each([
    ["fir", FIR],
    ["birch", MIGRATOR],
  ] as const)("cannot keep its way in by taking the mark from its schema: %s", async (slug, path) => {
    await cell.as(path, `comment on schema tenant_${slug} is null`);
    const { failures, state } = await cell.up({ ...lines, [slug]: suspended[slug] });
    const wanted = `comment on schema "tenant_${slug}" is 'tenantry ${idOf(slug)}' [TN-308]`;
    expect(failures).toEqual([{ subject: slug, reason: expect.stringContaining(wanted) }]);
    expect(state.directory.find((row) => row.slug === slug)?.status).toBe("suspended");
    await expect(cell.as(tenantSecretPath(slug), "select 1")).rejects.toThrow("not permitted to log in");
    await mark(slug);
    await cell.settle({ ...lines, [slug]: suspended[slug] });
    await cell.settle(lines);
  });

  test("cannot hold the run up by a change of its own login that it does not commit", async () => {
    const session = await cell.login(cell.store.value(FIR, "username"), cell.store.value(FIR, "password"));
    await session.query("set role none; begin; set local idle_in_transaction_session_timeout = 0");
    await session.query("alter role login_fir_a set work_mem = '2MB'; alter role login_fir_a password 'mine'");
    const begun = performance.now();
    await cell.settle({ ...lines, fir: suspended.fir });
    expect(performance.now() - begun).toBeLessThan(20_000); // to wait for the session takes 30 s, and then fails
    await expect(cell.as(FIR, "select 1")).rejects.toThrow("not permitted to log in");
  });
});
