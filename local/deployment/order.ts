/** Runs tasks side by side, as many at a time as allowed, each after those that it must follow. */

/** Limits how many tasks run at a time; the others wait in line. */
export function limiter(size: number): <T>(task: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let free = size;
  return async (task) => {
    if (free > 0) free--;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await task();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free++;
    }
  };
}

/**
 * Runs every item once those that `before` names have run. `run` tells whether it worked: what must follow an item that did not
 * work gets `blocked` instead. A circle, which two versions of a program can leave in the state, is cut somewhere.
 */
export async function inOrder<T>(
  items: readonly T[],
  before: (item: T) => readonly T[],
  run: (item: T) => Promise<boolean>,
  blocked: (item: T) => void,
): Promise<void> {
  const outcomes = new Map<T, Promise<boolean>>();
  for (const item of sorted(items, before)) {
    const earlier = before(item).flatMap((other) => outcomes.get(other) ?? []);
    const outcome = Promise.all(earlier).then((worked) => {
      if (worked.every(Boolean)) return run(item);
      blocked(item);
      return false;
    });
    outcomes.set(item, outcome);
  }
  await Promise.all(outcomes.values());
}

/** Each item after those that `before` names. */
function sorted<T>(items: readonly T[], before: (item: T) => readonly T[]): readonly T[] {
  const seen = new Set<T>();
  const result: T[] = [];
  const visit = (item: T): void => {
    if (seen.has(item)) return;
    seen.add(item);
    before(item).forEach(visit);
    result.push(item);
  };
  items.forEach(visit);
  return result;
}
