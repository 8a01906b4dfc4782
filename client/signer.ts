/** Contexts for transactions that begin now. */
import { signContext } from "./context";
import { SecretUnavailable } from "./errors";
import type { Route } from "./routes";

interface Signed {
  readonly context: string;
  readonly at: number;
}

/** Signing takes longer than all else before a statement is sent: a context serves for the first part of its life. */
const REUSE = 1 / 4;

export class Signer {
  readonly #seconds: number;
  readonly #signed = new WeakMap<Route, Signed>();

  /** @param seconds how long a transaction may present its context, at least. */
  constructor(seconds: number) {
    this.#seconds = seconds;
  }

  /** The context; none where the login says it all. @throws SecretUnavailable for a key that is none. */
  contextOf(route: Route): string | undefined {
    const { row, passage, key } = route;
    if (key === undefined) return undefined;
    const now = Date.now();
    const held = this.#signed.get(route);
    if (held && now >= held.at && now - held.at < this.#seconds * REUSE * 1000) return held.context;
    try {
      const context = signContext(key, row.id, { expiresInSeconds: this.#seconds * (1 + REUSE), now });
      this.#signed.set(route, { context, at: now });
      return context;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new SecretUnavailable(passage.signing ?? passage.login, reason);
    }
  }
}
