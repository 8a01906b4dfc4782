/** How a transaction begins: as whom, and how isolated. */
import type { Presentation } from "./presentation";
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

/** @param named whether statements may be prepared, so that they are not parsed anew each time. */
export function openingOf(mode: TransactionMode, presentation: Presentation | undefined, named: boolean): Opening {
  const begin = renderBegin(mode);
  if (presentation === undefined) return { begin };
  const { kind, settings, values } = presentation;
  const name = named ? { name: `tenantry_${kind}` } : {};
  return {
    begin,
    present: { ...name, text: `select ${settings.join(", ")}`, values: [...values], queryMode: "extended" },
  };
}

const LEVELS: Readonly<Record<NonNullable<TransactionMode["isolation"]>, string>> = {
  "read committed": "",
  "repeatable read": " isolation level repeatable read",
  serializable: " isolation level serializable",
};

function renderBegin({ isolation = "read committed", readOnly = false }: TransactionMode): string {
  return `begin${LEVELS[isolation]}${readOnly ? " read only" : ""}`;
}
