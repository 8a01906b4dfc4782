/** Works ahead of a consumer: slow calls to one service overlap with the work on another. */

/**
 * Gives the results of `start` in the order of the items, with up to `limit` of them under way. A rejection waits until its
 * turn, and is the consumer's to handle.
 */
export async function* ahead<T, R>(
  items: readonly T[],
  limit: number,
  start: (item: T) => Promise<R>,
): AsyncGenerator<readonly [T, Promise<R>]> {
  const underWay: Promise<R>[] = [];
  for (const [index, item] of items.entries()) {
    while (underWay.length < limit && index + underWay.length < items.length) {
      const next = items[index + underWay.length];
      if (next === undefined) break;
      const promise = start(next);
      promise.catch(() => undefined); // told when its turn comes
      underWay.push(promise);
    }
    const result = underWay.shift();
    if (result) yield [item, result] as const;
  }
}
