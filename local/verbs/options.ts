/** What the four verbs of the local engine are asked, and how they end. */
import type { Screen } from "../display/watch";
import type { runProgram } from "../program";
import type { StandIns } from "../provider";

export interface Options {
  readonly projectDir: string;
  readonly stack: string;
  readonly standIns: StandIns;
  readonly screen: Screen;
  /** Steps at a time. */
  readonly parallel: number;
  readonly continueOnError: boolean;
  /** Every property of every resource. */
  readonly diff: boolean;
  /** Print one JSON document and nothing else. */
  readonly json: boolean;
  readonly yes: boolean;
  /** Second word of a destroy while tenants are active. */
  readonly withTenants: boolean;
  /** Look at the resources as they are before `up`. */
  readonly refresh: boolean;
  /** How the program is run: by the SDK's runner in a process of its own, unless given. */
  readonly runProgram?: typeof runProgram;
  /** Asks a person; missing where there is no terminal. */
  readonly ask?: (question: string) => Promise<boolean>;
}

/** Exit codes: done; failed before anything was done; wrong usage; some of it is done. */
export const EXIT = { ok: 0, failed: 1, usage: 2, partial: 3 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
