/** Many short pieces of work, one after the other, for as long as something else is done; what fails is kept. */

export interface Traffic {
  /** How often each piece was done. */
  readonly done: readonly number[];
  readonly failures: readonly string[];
}

/** `during` may wait until each piece was begun and done once more. Whatever becomes of it, the traffic ends. */
export async function withTraffic(
  pieces: readonly (() => Promise<unknown>)[],
  during: (oneMore: () => Promise<void>) => Promise<void>,
): Promise<Traffic> {
  const done = pieces.map(() => 0);
  const failures: string[] = [];
  let stopped = false;
  const loops = pieces.map(async (piece, at) => {
    while (!stopped) {
      await piece().catch((error: unknown) => failures.push(String(error)));
      done[at] = (done[at] ?? 0) + 1;
    }
  });
  const oneMore = async () => {
    const wanted = done.map((count) => count + 2); // the one that runs now may have begun before
    const until = performance.now() + 30_000;
    while (done.some((count, at) => count < (wanted[at] ?? 0))) {
      if (performance.now() > until) throw new Error(`some work takes over 30 s: ${done.join(", ")}`);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  };
  try {
    await during(oneMore);
  } finally {
    stopped = true;
    await Promise.all(loops);
  }
  return { done, failures };
}
