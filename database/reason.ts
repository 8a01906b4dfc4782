/** Why something failed, in one line that may be shown and kept. */
import { DatabaseError } from "pg";

/** Messages of PostgreSQL hold no values of statements; details and contexts might, and are left out. */
export function reasonOf(error: unknown): string {
  // Node collects the failures of several addresses in an error without a message.
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join("; ");
  const text = error instanceof Error ? error.message : String(error);
  const line = text.replaceAll(/\s*\n\s*/g, "; ");
  return error instanceof DatabaseError && error.code ? `${line} (SQLSTATE ${error.code})` : line;
}
