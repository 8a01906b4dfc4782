/** Which texts are prepared on each connection, so that PostgreSQL does not parse and plan them anew. */
import { DatabaseError } from "pg";

/** Texts that were seen once: forgotten together, so that texts that never come back cost no memory. */
const SEEN = 1_000;

export class NamedStatements {
  readonly #limit: number;
  readonly #names = new Map<string, string>();
  readonly #seen = new Set<string>();

  /** @param limit texts that get a name, each prepared on each connection that meets it; 0: none. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get on(): boolean {
    return this.#limit > 0;
  }

  /** A name for a text that comes for the second time, while there are names left. */
  nameOf(text: string): string | undefined {
    const name = this.#names.get(text);
    if (name !== undefined || this.#names.size >= this.#limit) return name;
    if (this.#seen.delete(text)) {
      const made = `tenantry_${this.#names.size + 1}`;
      this.#names.set(text, made);
      return made;
    }
    if (this.#seen.size >= SEEN) this.#seen.clear();
    this.#seen.add(text);
    return undefined;
  }
}

/**
 * The connection's prepared statement and the server's are not the same any more: a table has changed under its plan (0A000), or
 * it is gone (26000) or another one (42P05) because a pooler or `deallocate` came between. The statement itself was not run.
 */
export const isStalePlan = (error: unknown): boolean =>
  error instanceof DatabaseError && ["0A000", "26000", "42P05"].includes(error.code ?? "");
