/** A pause between two rounds of what goes on until it is stopped. */
import { setTimeout as delay } from "node:timers/promises";

/** Ends early when it is to stop. */
export async function pause(ms: number, stop: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal: stop }).catch((error: unknown) => {
    if (!stop.aborted) throw error;
  });
}
