/** Ctrl-C: the first lets what runs finish, a second ends at once. */

/** Within it, a second signal is npm's copy of the first: both get the terminal's, and npm passes its own on. */
const ECHO_MS = 300;
const SIGNALS = ["SIGINT", "SIGTERM"] as const;
const ENDED_BY_CTRL_C = 130;

/** Calls `stop` at the first signal while `run` runs; at the second calls `abandon` and exits. */
export async function withInterrupts<T>(stop: () => void, abandon: () => void, run: () => Promise<T>): Promise<T> {
  let first: number | undefined;
  const onSignal = () => {
    if (first === undefined) {
      first = performance.now();
      stop();
    } else if (performance.now() - first > ECHO_MS) {
      abandon();
      process.exit(ENDED_BY_CTRL_C);
    }
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  try {
    return await run();
  } finally {
    for (const signal of SIGNALS) process.off(signal, onSignal);
  }
}
