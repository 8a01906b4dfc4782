/** What one benchmark is: two ways of doing the same work, and what their comparison must show. */

export interface Bench {
  /** The row's name, also its filter on the command line. */
  readonly name: string;
  /** The budget in words, as the design states it. */
  readonly budget: string;
  run(size: Size): Promise<readonly Comparison[]>;
}

/** `full` is the size that the budgets are stated for; `small` is a quick run that shows that all works. */
export type Size = "full" | "small";

export type Unit = "ms" | "us" | "s" | "MB" | "";

/** Both sides of one measure. */
export interface Comparison {
  /** What was measured, at which size. */
  readonly measure: string;
  readonly unit: Unit;
  /** The way that people do it today. Missing where nobody does it. */
  readonly today?: number;
  readonly tenantry: number;
  /** Ratio of the sides where it is not simply that of the two figures: the median over interleaved pairs. */
  readonly ratio?: number;
  /** Missing: for information. */
  readonly gate?: Gate;
  /** What a reader must know to trust the figures, such as "extrapolated from 200". */
  readonly note?: string;
}

/** `better`: today / tenantry is at least that. `worse`: tenantry / today is at most that. `most`: tenantry is at most that. */
export type Gate = { readonly better: number } | { readonly worse: number } | { readonly most: number };

const TIMES: ReadonlySet<Unit> = new Set(["us", "ms", "s"]);

/**
 * What a gate looks at: a ratio of the sides, or our figure alone. Undefined where there is none, and for times of a small run:
 * fixed costs outweigh there what the budgets are about.
 */
export function judge(
  comparison: Comparison,
  size: Size,
): { readonly value: number; readonly passed: boolean } | undefined {
  const { gate, today, tenantry, unit } = comparison;
  if (!gate || (size === "small" && TIMES.has(unit))) return undefined;
  if ("most" in gate) return { value: tenantry, passed: tenantry <= gate.most };
  if (today === undefined) throw new Error(`${comparison.measure}: a ratio needs both sides`);
  if ("better" in gate) {
    const value = comparison.ratio ?? today / tenantry;
    return { value, passed: value >= gate.better };
  }
  const value = comparison.ratio ?? tenantry / today;
  return { value, passed: value <= gate.worse };
}
