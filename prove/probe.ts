/** What a proof consists of: probes, each of which makes attempts at one guard. */

/**
 * - `refused`: the layer said no;
 * - `nothing`: it answered, with nothing of anybody else's;
 * - `accepted`: it worked, and `docs/threat-model.md` says that it does;
 * - `through`: the attack worked;
 * - `untried`: it could not be tried, and so proves nothing.
 */
export type Outcome = "refused" | "nothing" | "accepted" | "through" | "untried";

/** One thing that was tried. */
export interface Attempt {
  /** Name of the probe. */
  readonly probe: string;
  /** The cell, or the layer that has none: `s3`, `iam`, `kms`, `vault`. */
  readonly where: string;
  /** Who tried: a login with what it presents, a principal. Never a secret. */
  readonly who: string;
  /** What was attacked: `pooled.topics`, an ARN, a path. */
  readonly target: string;
  /** The exact statement or request, as one can type it again. */
  readonly statement: string;
  readonly outcome: Outcome;
  /** What was answered: SQLSTATE and message, number of rows, the statement of the policy that decided. */
  readonly answer: string;
}

/** What a proof tells people of a probe: a row of `docs/isolation.md`. */
export interface ProbeText {
  /** Kebab-case and stable: reports name it. */
  readonly name: string;
  readonly layer: "sql" | "s3" | "iam" | "kms" | "vault";
  /** One sentence: what an attacker does. */
  readonly attack: string;
  /** One sentence: what stops it. */
  readonly guard: string;
}

export interface Probe<Target> extends ProbeText {
  /** Tries everything that the target offers. Never throws for a refusal: that is its finding. */
  run(target: Target): Promise<readonly Attempt[]>;
}

/** All that was tried on an estate. */
export interface Proof {
  readonly stack: string;
  readonly attempts: readonly Attempt[];
  readonly durationMs: number;
}

/** How a guard is taken away, so that its probe turns red: a row of `docs/isolation.md`. */
export interface ControlText {
  /** Name of the probe that must find it. */
  readonly probe: string;
  /** One clause: what is taken away or widened. */
  readonly removes: string;
  /** Major versions of PostgreSQL on which it is run; none for layers that are evaluated. */
  readonly servers: readonly number[];
}
