/** Statements whose effect outlives their transaction: the next tenant on the connection would meet it. */

/** By the command that PostgreSQL reports, and the text of the statement where the command does not tell. */
const LASTING: Readonly<Record<string, (text: string) => boolean>> = {
  // With a dot behind it, `local` is the first half of a setting's name.
  SET: (text) => !/^\s*set\s+local\s/i.test(text),
  RESET: () => true,
  DISCARD: () => true,
  PREPARE: () => true,
  DEALLOCATE: () => true,
  LISTEN: () => true,
  LOAD: () => true,
  // A cursor with hold stays open.
  DECLARE: (text) => /\bhold\b/i.test(text),
  // A block can run any of the others.
  DO: () => true,
};

/**
 * Whether the connection may be another one after this statement. `set_config(..., false)` in a query is not seen: of what it
 * can change, the context is overwritten by every transaction (`openingOf`).
 */
export const leavesState = (command: string | null, text: string): boolean =>
  Object.hasOwn(LASTING, command ?? "") && (LASTING[command ?? ""]?.(text) ?? false);

/**
 * Whether this command began or ended a transaction. `rollback` alone may be one to a savepoint: then the transaction goes on;
 * `rollback and chain` ends it and begins another, and nothing but its text tells the two apart.
 */
export const endsTransaction = (command: string | null, text: string): boolean =>
  command === "COMMIT" ||
  command === "BEGIN" ||
  command === "START" ||
  (command === "ROLLBACK" && (/\bchain\b/i.test(text) || !/\bto\b/i.test(text)));
