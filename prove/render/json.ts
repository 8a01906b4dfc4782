/** What `tenantry prove --json` prints. Programs read it: a member that goes, or means something else, is a new version. */
import type { Attempt, Proof } from "../probe";
import { type Counts, countOutcomes, groupAttempts } from "./groups";

const VERSION = 1;

/** The record of a proof. */
export interface ProofDocument {
  readonly version: typeof VERSION;
  readonly stack: string;
  readonly durationMs: number;
  readonly counts: Counts;
  /** One for each probe in each cell or layer. */
  readonly probes: readonly ({ readonly where: string; readonly probe: string } & Counts)[];
  /** Everything that was tried, in the order in which it was. */
  readonly attempts: readonly Attempt[];
}

/** As data; the caller prints it. */
export const renderJson = ({ stack, durationMs, attempts }: Proof): ProofDocument => ({
  version: VERSION,
  stack,
  durationMs,
  counts: countOutcomes(attempts),
  probes: groupAttempts(attempts).map(({ where, probe, counts }) => ({ where, probe, ...counts })),
  attempts,
});
