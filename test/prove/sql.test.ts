/** The probes of the SQL layer on PostgreSQL 17, with all controls; and that a proof leaves nothing behind. */

import { join } from "node:path";
import { withClient } from "../../database/connect";
import { quotasOf } from "../../database/reference";
import { loadTableFiles } from "../../database/table-files";
import { readUsage } from "../../database/usage";
import { prove, verdictOf } from "../../prove/prove";
import { SQL_PROBES } from "../../prove/sql/probes";
import { callFunctions } from "../../prove/sql/probes/functions";
import { privileges } from "../../prove/sql/probes/privileges";
import { readRows } from "../../prove/sql/probes/read-rows";
import { signIn } from "../../prove/sql/probes/sign-in";
import { attack, withStage } from "../../prove/sql/stage";
import { cellSecretPath, PROBE_SLUGS, tenantSecretPath } from "../../registry/names";
import { SQL_DIR } from "../database/test-cell";
import { CONTROLS } from "./controls";
import { type ProvedTestCell, startProvedCell, unproven } from "./proved-cell";
import { snapshotOf } from "./snapshot";
import { type ProofWithControls, proveWithControls } from "./sql-controls";

let cell: ProvedTestCell;
let before: Awaited<ReturnType<typeof snapshotOf>>;
let proof: ProofWithControls;

beforeAll(async () => {
  cell = await startProvedCell(17);
  before = await snapshotOf(cell);
  proof = await proveWithControls(cell, 17);
});
afterAll(() => cell?.stop());

test("nothing gets through, and everything was tried", () => {
  expect(unproven(proof.attempts)).toEqual([]);
  for (const { name } of SQL_PROBES) {
    const attempts = proof.attempts.filter(({ probe }) => probe === name);
    expect([name, attempts.some(({ outcome }) => outcome === "refused" || outcome === "nothing")]).toEqual([
      name,
      true,
    ]);
  }
});

test("every probe has a control, and every control a probe", () => {
  expect([...new Set(CONTROLS.map(({ probe }) => probe))].sort()).toEqual(SQL_PROBES.map(({ name }) => name).sort());
});

test.each(CONTROLS)("$probe gets through when $removes", ({ removes }) => {
  const through = proof.controls.find((control) => control.removes === removes)?.through ?? [];
  expect(through).not.toEqual([]);
  expect(through[0]?.statement).not.toBe("");
});

test("what is looked up can be asked again as it is told", () => {
  const asked = proof.controls.flatMap(({ typedAgain }) => typedAgain.slice(0, 1));
  expect(asked).toEqual(CONTROLS.filter(({ probe }) => probe === "privileges").map(() => true));
});

test("the cell is what it was before, controls included", async () => {
  expect(await snapshotOf(cell)).toEqual(before);
});

test("while a cell is attacked, nothing else works on it, and nobody sees the tenants of the proof", async () => {
  const state = await cell.report();
  await withStage(cell.proved, async () => {
    expect(await cell.report()).toEqual(state);
    expect(await counted()).toEqual(["birch", "cedar", "fir"]);
    await expect(cell.again()).rejects.toThrow("TN-305");
  });
});

/** Of whom `usage` tells. */
async function counted(): Promise<readonly string[]> {
  const quotas = quotasOf(loadTableFiles(join(SQL_DIR, "tenant")));
  return await withClient({ connection: cell.connection, cell: "eu-1", purpose: "test" }, async (client) => [
    ...new Set((await readUsage(client, quotas)).map(({ slug }) => slug)),
  ]);
}

test("a proof that is interrupted, and one that fails, remove what they made", async () => {
  const interrupted = new AbortController();
  const run = withStage({ ...cell.proved, signal: interrupted.signal }, async (stage) => {
    interrupted.abort();
    return await attack(stage, [readRows]);
  });
  await expect(run).rejects.toThrow("aborted");
  expect(await snapshotOf(cell)).toEqual(before);
});

test("what was found stands when the cell cannot be left as it was", async () => {
  await cell.tamper(
    `create view public.leak as select * from pooled.topics;
     grant select on public.leak to tenantry_app;
     create function public.stay() returns trigger language plpgsql as $$ begin raise 'not so fast'; end $$;
     create trigger stay after delete on pooled.organizations execute function public.stay()`,
  );
  const proved = { stack: "test", cells: [cell.proved], others: [], signal: new AbortController().signal };
  const proof = await prove(proved);
  await cell.tamper("drop view public.leak; drop function public.stay() cascade");
  expect(verdictOf(proof)).toBe("through");
  expect(unproven(proof.attempts)).toContainEqual(
    expect.objectContaining({ target: '"public"."leak"', outcome: "through" }),
  );
  expect(unproven(proof.attempts)).toContainEqual(
    expect.objectContaining({ target: "the cell", outcome: "untried", answer: expect.stringMatching("not so fast") }),
  );
  expect((await cell.again()).failures).toEqual([]);
  expect(await snapshotOf(cell)).toEqual(before);
});

describe("what a killed proof leaves", () => {
  const kill = async () => {
    const killed = withStage(cell.proved, async () => {
      await cell.tamper(
        "select pg_terminate_backend(pid, 5000) from pg_stat_activity where application_name like 'tenantry prove (%'",
      );
    });
    await expect(killed).rejects.toThrow();
    const left = await cell.tamper("select slug from tenantry.tenants where slug like 'tenantry-probe-%' order by 1");
    expect(left.map(({ slug }) => slug)).toEqual(Object.values(PROBE_SLUGS).sort());
  };

  test("is removed by the next `up`", async () => {
    await kill();
    const { tenants, shared } = await cell.report(); // what is shared and differs, the next `up` repairs
    expect(Object.keys(tenants)).not.toContain(PROBE_SLUGS.a);
    expect(shared).toEqual({ "tenants of a proof": "left by a `prove` that was killed" });
    expect((await cell.again()).failures).toEqual([]);
    expect(await snapshotOf(cell)).toEqual(before);
  });

  test("is removed by the next proof, which makes its own", async () => {
    await kill();
    expect(unproven(await withStage(cell.proved, (stage) => attack(stage, [readRows])))).toEqual([]);
    expect(await snapshotOf(cell)).toEqual(before);
  });
});

test("a table in which no row can be made is told, and not passed, as is a look-up that finds nothing", async () => {
  await cell.tamper(
    `alter table pooled.payment_methods add constraint odd check (provider ~ '^[A-Z]{2}[0-9]{7}$') not valid;
     revoke execute on function pooled.tenants_of_email(text) from tenantry_app`,
  );
  const attempts = await withStage(cell.proved, (stage) => attack(stage, [readRows, signIn]));
  await cell.tamper(
    `alter table pooled.payment_methods drop constraint odd;
     grant execute on function pooled.tenants_of_email(text) to tenantry_app`,
  );
  expect(unproven(attempts)).toMatchObject([
    {
      target: '"pooled"."payment_methods"',
      outcome: "untried",
      answer: expect.stringContaining("no row could be made"),
    },
    {
      target: '"pooled"."tenants_of_email"(text)',
      outcome: "untried",
      answer: expect.stringContaining("finds nothing"),
    },
  ]);
});

describe("code that somebody left is not run with more than its rights", () => {
  const MIGRATOR = cellSecretPath("eu-1", "migrator");
  const OAK = tenantSecretPath("oak");

  test("by a tenant: whoever may use it is told, and does not", async () => {
    const ran = async () => (await cell.tamper("select is_called as ran from tenant_oak.seen"))[0]?.ran;
    await cell.as(
      OAK,
      `create sequence seen;
       create function look() returns boolean language plpgsql as $$
         begin if session_user <> 'login_oak_a' then perform nextval('tenant_oak.seen'); end if; return true; end $$;
       create domain trap as uuid check (tenant_oak.look());
       create function fall(trap) returns boolean language sql as 'select true';
       create view show as select 1 as one where tenant_oak.look();
       create table own (tenant_id uuid);
       insert into own values ('00000000-0000-4000-8000-000000000001');
       alter table own enable row level security;
       create policy look on own using (tenant_oak.look())`,
    );
    const prove = () => withStage(cell.proved, (stage) => attack(stage, [readRows, callFunctions, privileges]));
    expect(unproven(await prove())).toEqual([]);

    await cell.as(
      OAK,
      `grant usage on schema tenant_oak to public;
       grant select on all tables in schema tenant_oak to public;
       grant all on sequence seen to public`,
    );
    const through = unproven(await prove()).filter(
      ({ who, probe }) => who.startsWith("tenantry_app w") && probe !== "privileges",
    );
    expect([...new Set(through.map(({ target }) => target))].sort()).toEqual([
      '"tenant_oak"."own"',
      '"tenant_oak"."seen"',
      '"tenant_oak"."show"',
      "tenant_oak.fall(tenant_oak.trap)",
      "tenant_oak.look()",
    ]);
    expect(await ran()).toBe(false);

    await cell.as(MIGRATOR, "select from tenant_oak.show");
    expect(await ran()).toBe(true);
    await cell.as(
      OAK,
      `revoke all on schema tenant_oak from public;
       drop view show; drop table own; drop function fall; drop domain trap; drop function look; drop sequence seen`,
    );
  });

  test("by a migrator: it does not become the admin when rows of the proof are removed", async () => {
    const loot = () => cell.tamper("select distinct who from pooled.loot");
    await cell.as(
      MIGRATOR,
      `create table pooled.loot (who text);
       create function pooled.steal() returns trigger language plpgsql as $$
       begin
         perform set_config('role', 'none', true);
         insert into pooled.loot values (current_user);
         return null;
       exception when others then
         insert into pooled.loot values (current_user);
         return null;
       end $$;
       create trigger steal after delete on pooled.organizations execute function pooled.steal()`,
    );
    await withStage(cell.proved, async () => undefined);
    expect(await loot()).toEqual([{ who: "tenantry_owner" }]);

    const unwary =
      "begin; set local role tenantry_owner; delete from pooled.organizations; set local role none; commit";
    await withClient({ connection: cell.connection, cell: "eu-1", purpose: "control" }, (client) =>
      client.query(`set row_security = on; ${unwary}`),
    );
    expect(await loot()).toContainEqual({ who: "tenantry_admin" });
    await cell.tamper("drop table pooled.loot; drop function pooled.steal() cascade");
  });
});
