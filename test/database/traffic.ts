/** Many short pieces of work, one after the other, until they are stopped; what fails is kept. */

export interface Traffic {
  /** Waits until each piece has gone through once more. */
  oneMore(): Promise<void>;
  /** Ends it; gives how often each piece went through, and all that failed. */
  stop(): Promise<{ readonly done: readonly number[]; readonly failures: readonly string[] }>;
}

export function startTraffic(pieces: readonly (() => Promise<unknown>)[]): Traffic {
  const done = pieces.map(() => 0);
  const failures: string[] = [];
  let stopped = false;
  const loops = pieces.map(async (piece, at) => {
    while (!stopped) {
      await piece().catch((error: unknown) => failures.push(String(error)));
      done[at] = (done[at] ?? 0) + 1;
    }
  });
  return {
    oneMore: async () => {
      const wanted = done.map((count) => count + 2); // the one that runs now may have begun before
      while (done.some((count, at) => count < (wanted[at] ?? 0))) await new Promise((resolve) => setImmediate(resolve));
    },
    stop: async () => {
      stopped = true;
      await Promise.all(loops);
      return { done, failures };
    },
  };
}
