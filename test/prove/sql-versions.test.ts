/** The same on the other servers, with those controls that could differ there. */
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
