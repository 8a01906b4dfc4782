/** What a command does to one resource, and what it tells whoever is watching. */
import type { Change } from "./changes";

/** `discard` deletes an old resource that has been replaced. */
export type Op = "same" | "create" | "update" | "replace" | "delete" | "discard" | "read" | "refresh";

export interface Step {
  readonly op: Op;
  readonly urn: string;
  /** URN; empty for the stack. */
  readonly parent: string;
  readonly custom: boolean;
  readonly changes: readonly Change[];
  /** Why, when the changes do not tell. */
  readonly note?: string;
}

/**
 * `planned` in a preview; `refused`: not tried, because it is not allowed or makes no sense; `skipped`: something that it needs is
 * not there, or the command was stopped.
 */
type Status = "planned" | "done" | "failed" | "refused" | "skipped";

/** Why something was skipped that nothing stands in the way of. */
export const NOT_STARTED = "not started";

export interface StepResult extends Step {
  readonly status: Status;
  readonly seconds: number;
  /** What went wrong, one line each. */
  readonly reasons: readonly string[];
}

export type Severity = "info" | "warning" | "error";

export interface Reporter {
  start(step: Step): void;
  finish(result: StepResult): void;
  progress(urn: string, message: string): void;
  log(severity: Severity, message: string): void;
}
