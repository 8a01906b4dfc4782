/** Attempts as reports count them: by cell or layer, then by probe, in the order in which they were made. */
import type { Attempt, Outcome } from "../probe";

export type Counts = Readonly<Record<Outcome, number>>;

export interface Group {
  readonly where: string;
  readonly probe: string;
  readonly attempts: readonly Attempt[];
  readonly counts: Counts;
}

/** One group for each probe in each cell or layer. All of a cell stand together. */
export function groupAttempts(attempts: readonly Attempt[]): readonly Group[] {
  return by(attempts, ({ where }) => where).flatMap(([where, inPlace]) =>
    by(inPlace, ({ probe }) => probe).map(([probe, made]) => ({
      where,
      probe,
      attempts: made,
      counts: countOutcomes(made),
    })),
  );
}

export function countOutcomes(attempts: readonly Attempt[]): Counts {
  const counts = { refused: 0, nothing: 0, accepted: 0, through: 0, untried: 0 };
  for (const { outcome } of attempts) counts[outcome] += 1;
  return counts;
}

/** The members by key, both in the order of the first of each. */
export function by<T>(all: readonly T[], keyOf: (each: T) => string): readonly (readonly [string, readonly T[]])[] {
  const groups = new Map<string, T[]>();
  for (const each of all) {
    const group = groups.get(keyOf(each));
    if (group) group.push(each);
    else groups.set(keyOf(each), [each]);
  }
  return [...groups];
}
