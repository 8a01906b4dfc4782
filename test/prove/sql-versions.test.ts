/** The same on the other servers, with those controls that could differ there. */
import { SQL_PROBES } from "../../prove/sql/probes";
import { attack, withStage } from "../../prove/sql/stage";
import { line, SQL_DIR, startTestCell } from "../database/test-cell";
import { startProvedCell, unproven } from "./proved-cell";
import { snapshotOf } from "./snapshot";
import { proveWithControls } from "./sql-controls";

test.each([16, 18] as const)("on PostgreSQL %i nothing gets through, until a guard is taken away", async (major) => {
  const cell = await startProvedCell(major);
  try {
    const before = await snapshotOf(cell);
    const { attempts, controls } = await proveWithControls(cell, major);
    expect(unproven(attempts)).toEqual([]);
    expect(controls.filter(({ through }) => through.length === 0)).toEqual([]);
    expect(controls.length).toBeGreaterThan(15);
    expect(await snapshotOf(cell)).toEqual(before);
  } finally {
    await cell.stop();
  }
});

test("a cell of one tenant, whose application makes its own tables, has no shared ones to attack", async () => {
  const cell = await startTestCell(18);
  try {
    const { failures } = await cell.up({ oak: line("oak", "dedicated", "active", " tables=own") });
    expect(failures).toEqual([]);
    const before = await snapshotOf(cell);
    const proved = { cell: "eu-1", connection: cell.connection, secrets: cell.store, sqlDir: SQL_DIR };
    const attempts = await withStage(proved, (stage) => attack(stage, SQL_PROBES));
    expect(unproven(attempts)).toEqual([]);
    expect(attempts).toContainEqual(expect.objectContaining({ probe: "write-rows", outcome: "refused" }));
    expect(await snapshotOf(cell)).toEqual(before);
  } finally {
    await cell.stop();
  }
});
