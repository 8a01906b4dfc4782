/** One command under way: how many steps go at a time, who is told, and whether anything new may start. */
import { reasonsOf } from "../errors";
import { limiter } from "./order";
import type { Reporter, Step } from "./step";

export interface Mode {
  readonly preview: boolean;
  /** Steps at a time. */
  readonly parallel: number;
  /** After a failure, go on with what does not need what failed. */
  readonly continueOnError: boolean;
}

export class Run {
  readonly limit: <T>(task: () => Promise<T>) => Promise<T>;
  private readonly begun: Promise<unknown>[] = [];
  private stopped = false;
  private failures = 0;

  constructor(
    readonly mode: Mode,
    private readonly reporter: Reporter,
  ) {
    const limit = limiter(mode.parallel);
    this.limit = (task) => {
      const running = limit(task);
      this.begun.push(running);
      return running;
    };
  }

  /** Starts nothing new; what runs is finished. */
  stop(): void {
    this.stopped = true;
  }

  /** Stops, and resolves when what runs has ended: the lock, the state and the tokens of the command are its until then. */
  async drain(): Promise<void> {
    this.stop();
    await Promise.allSettled(this.begun);
  }

  get failed(): boolean {
    return this.failures > 0;
  }

  get stopping(): boolean {
    return this.stopped || (this.failed && !this.mode.continueOnError && !this.mode.preview);
  }

  /** Does it and tells about it. A failure is told and thrown as `Reported`. */
  async act<T>(step: Step, task: () => Promise<T>): Promise<T> {
    const start = performance.now();
    const seconds = () => (performance.now() - start) / 1000;
    this.reporter.start(step);
    try {
      const result = await task();
      this.reporter.finish({ ...step, status: "done", seconds: seconds(), reasons: [] });
      return result;
    } catch (error) {
      this.failures++;
      this.reporter.finish({ ...step, status: "failed", seconds: seconds(), reasons: reasonsOf(error) });
      throw new Reported(error);
    }
  }

  /** Tells of a step that took no time. */
  tell(step: Step, status: "planned" | "done" | "skipped", reasons: readonly string[] = []): void {
    this.reporter.finish({ ...step, status, seconds: 0, reasons });
  }

  /** Tells of a step that could not be tried; of what failed in `act` it has been told. */
  refuse(step: Step, error: unknown, status: "refused" | "failed" = "refused"): void {
    if (error instanceof Reported) return;
    this.failures++;
    this.reporter.finish({ ...step, status, seconds: 0, reasons: reasonsOf(error) });
  }
}

/** A failure that the reporter knows already. */
export class Reported extends Error {
  constructor(cause: unknown) {
    super("a step failed", { cause });
  }
}
