/** How a transaction begins: as whom, and how isolated. */
import type { ExtendedQuery } from "./statement";

export interface TransactionMode {
  /** @default false */
  readonly readOnly?: boolean;
  /** @default "read committed" */
  readonly isolation?: "read committed" | "repeatable read" | "serializable";
}

export interface Opening {
  readonly begin: string;
  /** Missing for logins that are one tenant whatever they present. */
  readonly present?: ExtendedQuery;
}

const NAME = "tenantry_context";

/**
 * The context is local to the transaction, and a value rather than part of the text, which other sessions of the role can see.
 * Before, the setting of the session is emptied: what an injected `set_config(..., false)` has left there would otherwise stand
 * again as soon as the transaction ends, also by a `commit` of the application's own.
 */
const PRESENT = "select set_config('tenantry.context', '', false), set_config('tenantry.context', $1, true)";

/** @param named whether statements may be prepared, so that they are not parsed anew each time. */
export function openingOf(mode: TransactionMode, context: string | undefined, named: boolean): Opening {
  const begin = renderBegin(mode);
  if (context === undefined) return { begin };
  const name = named ? { name: NAME } : {};
  return { begin, present: { ...name, text: PRESENT, values: [context], queryMode: "extended" } };
}

const LEVELS: Readonly<Record<NonNullable<TransactionMode["isolation"]>, string>> = {
  "read committed": "",
  "repeatable read": " isolation level repeatable read",
  serializable: " isolation level serializable",
};

function renderBegin({ isolation = "read committed", readOnly = false }: TransactionMode): string {
  return `begin${LEVELS[isolation]}${readOnly ? " read only" : ""}`;
}
