/** Timing. Everything is a median over interleaved pairs, so that what else the machine does meets both sides alike. */

/** Wall time of `act` in milliseconds. */
export async function time(act: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await act();
  return performance.now() - start;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle];
  const lower = sorted[sorted.length % 2 === 0 ? middle - 1 : middle];
  if (upper === undefined || lower === undefined) throw new Error("a median needs at least one value");
  return (lower + upper) / 2;
}

/** One way of doing the work: does it once and returns the measured value. */
export type Side = (pair: number) => Promise<number>;

export interface Pairs {
  readonly today: number;
  readonly tenantry: number;
  /** Median of each pair's `today / tenantry`. */
  readonly better: number;
  /** Median of each pair's `tenantry / today`. */
  readonly worse: number;
}

/** Runs both sides `pairs` times in turn, each going first every other time, after one unmeasured pair (`warmUp`). */
export async function interleave(
  sides: { readonly today: Side; readonly tenantry: Side },
  options: { readonly pairs: number; readonly warmUp?: boolean },
): Promise<Pairs> {
  if (options.warmUp) {
    await sides.today(-1);
    await sides.tenantry(-1);
  }
  const today: number[] = [];
  const tenantry: number[] = [];
  for (let pair = 0; pair < options.pairs; pair++) {
    const todayFirst = pair % 2 === 0;
    if (todayFirst) today.push(await sides.today(pair));
    tenantry.push(await sides.tenantry(pair));
    if (!todayFirst) today.push(await sides.today(pair));
  }
  const ratios = today.map((value, pair) => value / (tenantry[pair] ?? Number.NaN));
  return {
    today: median(today),
    tenantry: median(tenantry),
    better: median(ratios),
    worse: median(ratios.map((ratio) => 1 / ratio)),
  };
}
