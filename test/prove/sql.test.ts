/** The probes of the SQL layer on PostgreSQL 17, with all controls; and that a proof leaves nothing behind. */

import { join } from "node:path";
import { measureCell } from "../../cli/measure-cells";
import { withClient } from "../../database/connect";
import { quotasOf } from "../../database/reference";
import { loadTableFiles } from "../../database/table-files";
import { readUsage } from "../../database/usage";
import { SQL_PROBES } from "../../prove/sql/probes";
import { readRows } from "../../prove/sql/probes/read-rows";
import { attack, withStage } from "../../prove/sql/stage";
import { PROBE_SLUGS } from "../../registry/names";
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

test("a table in which no row can be made is told, and not passed", async () => {
  await cell.tamper(
    "alter table pooled.payment_methods add constraint odd check (provider ~ '^[A-Z]{2}[0-9]{7}$') not valid",
  );
  const attempts = await withStage(cell.proved, (stage) => attack(stage, [readRows]));
  await cell.tamper("alter table pooled.payment_methods drop constraint odd");
  expect(unproven(attempts)).toMatchObject([
    {
      target: '"pooled"."payment_methods"',
      outcome: "untried",
      answer: expect.stringContaining("no row could be made"),
    },
  ]);
});
