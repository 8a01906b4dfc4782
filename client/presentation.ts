/** What a pooled tenant's transaction begins with: who it is and, where the directory tells it, what it may use. */
import type { SessionLimits } from "../registry/types";

export interface Presentation {
  /** Distinguishes the texts, for those that are prepared. */
  readonly kind: "context" | "context_and_limits";
  /** Expressions over `$1`, `$2` and so on; none of them is ever null. */
  readonly settings: readonly string[];
  readonly values: readonly string[];
}

/**
 * The context is local to the transaction, and a value rather than part of the text, which other sessions of the role can see.
 * Before, the setting of the session is emptied: what an injected `set_config(..., false)` has left there would otherwise stand
 * again as soon as the transaction ends, also by a `commit` of the application's own.
 */
const CONTEXT = ["set_config('tenantry.context', '', false)", "set_config('tenantry.context', $1, true)"];

const LIMITED = [
  ...CONTEXT,
  "set_config('statement_timeout', $2, true)",
  "set_config('work_mem', $3, true)",
  "set_config('idle_in_transaction_session_timeout', $4, true)",
];

export function presentationOf(context: string, limits: SessionLimits | undefined): Presentation {
  if (limits === undefined) return { kind: "context", settings: CONTEXT, values: [context] };
  const { statementTimeout, workMem, idleInTransactionTimeout } = limits;
  const values = [context, statementTimeout, workMem, idleInTransactionTimeout];
  return { kind: "context_and_limits", settings: LIMITED, values };
}
