/** A cell to prove: tenants of all kinds and states, and a table in partitions. */
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Major } from "../../local/postgres/binaries";
import type { Attempt } from "../../prove/probe";
import type { ProvedCell } from "../../prove/sql/cell";
import { line, nextTableFile, SQL_DIR, startTestCell, type TestCell } from "../database/test-cell";

const TENANTS = {
  cedar: line("cedar", "pooled"),
  fir: line("fir", "pooled", "suspended"),
  birch: line("birch", "schema"),
  oak: line("oak", "schema", "active", " tables=own"),
};

const READINGS = `
create table readings (
  tenant_id uuid        not null,
  taken_at  timestamptz not null default now(),
  unit      text        not null check (unit in ('celsius', 'kelvin')),
  primary key (tenant_id, taken_at)
) partition by range (taken_at);
create table readings_now partition of readings for values from ('2020-01-01') to ('2100-01-01');
`;

export interface ProvedTestCell extends Omit<TestCell, "up"> {
  readonly proved: ProvedCell;
  /** As `up` with the tenants that are there. */
  again(): ReturnType<TestCell["up"]>;
}

export async function startProvedCell(major: Major): Promise<ProvedTestCell> {
  const sqlDir = mkdtempSync(join(tmpdir(), "tenantry-prove-"));
  cpSync(SQL_DIR, sqlDir, { recursive: true });
  writeFileSync(join(sqlDir, "tenant", nextTableFile(sqlDir, "readings")), READINGS);
  const { up, ...cell } = await startTestCell(major);
  const again = () => up(TENANTS, { sqlDir });
  const { failures } = await again();
  expect(failures).toEqual([]);
  return {
    ...cell,
    proved: { cell: "eu-1", connection: cell.connection, secrets: cell.store, sqlDir },
    again,
    stop: async () => {
      rmSync(sqlDir, { recursive: true });
      await cell.stop();
    },
  };
}

/** What must not be, in full, so that a failing test says what got through. */
export const unproven = (attempts: readonly Attempt[]): readonly Attempt[] =>
  attempts.filter(({ outcome }) => outcome === "through" || outcome === "untried");
