/** Renders what was measured: one line a comparison, both sides, the ratio, the gate and whether it holds. */
import { type Comparison, type Gate, judge, type Size, type Unit } from "./bench";

export interface Row {
  readonly size: Size;
  readonly name: string;
  readonly budget: string;
  readonly comparisons: readonly Comparison[];
  /** Why the row could not be measured. */
  readonly failure?: string;
}

/** True when every gate of the row holds and the row could be measured. */
export function passed({ comparisons, failure, size }: Row): boolean {
  return failure === undefined && comparisons.every((comparison) => judge(comparison, size)?.passed ?? true);
}

export function renderRow(row: Row): string {
  const lines = row.comparisons.flatMap((comparison) => [
    `  ${comparison.measure.padEnd(58)} ${figures(comparison)}${verdict(comparison, row.size)}`,
    ...(comparison.note ? [`    ${comparison.note}`] : []),
  ]);
  const failure = row.failure === undefined ? [] : [`  NOT MEASURED: ${row.failure}`];
  return [`${row.name}: ${row.budget}`, ...lines, ...failure].join("\n");
}

export function renderJson(machine: string, rows: readonly Row[]): string {
  const judged = rows.map((row) => ({
    ...row,
    passed: passed(row),
    comparisons: row.comparisons.map((comparison) => ({ ...comparison, verdict: judge(comparison, row.size) })),
  }));
  return JSON.stringify({ machine, rows: judged }, undefined, 2);
}

function figures({ today, tenantry, unit }: Comparison): string {
  const left = today === undefined ? "" : `today ${amount(today, unit)}`;
  return `${left.padEnd(20)} tenantry ${amount(tenantry, unit).padEnd(12)}`;
}

function verdict(comparison: Comparison, size: Size): string {
  const judgement = judge(comparison, size);
  if (!judgement || !comparison.gate) return "";
  const { value, passed } = judgement;
  return ` ${amount(value, isRatio(comparison.gate) ? "x" : comparison.unit)} (${limit(comparison.gate, comparison.unit)}) ${passed ? "ok" : "MISSED"}`;
}

const isRatio = (gate: Gate) => !("most" in gate);

function limit(gate: Gate, unit: Unit): string {
  if ("better" in gate) return `at least ${gate.better}x better`;
  if ("worse" in gate) return `at most ${gate.worse}x`;
  return `at most ${amount(gate.most, unit)}`;
}

/** Three digits are what the measurement carries; thousands are kept whole. */
function amount(value: number, unit: Unit | "x"): string {
  const text = value >= 100 ? Math.round(value).toLocaleString("en-US") : Number(value.toPrecision(3)).toString();
  return unit === "" || unit === "x" ? `${text}${unit}` : `${text} ${unit}`;
}
