/** Contexts for transactions that begin now. */
import { signContext } from "./context";
import { SecretUnavailable } from "./errors";
import { type Presentation, presentationOf } from "./presentation";
import type { Route } from "./routes";

interface Signed {
  readonly presentation: Presentation;
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

  /** With the tenant's limits; none where the login says it all. @throws SecretUnavailable for a key that is none. */
  presentationOf(route: Route): Presentation | undefined {
    const { row, passage, key } = route;
    if (key === undefined) return undefined;
    const now = Date.now();
    const held = this.#signed.get(route);
    if (held && now >= held.at && now - held.at < this.#seconds * REUSE * 1000) return held.presentation;
    try {
      const context = signContext(key, row.id, { expiresInSeconds: this.#seconds * (1 + REUSE), now });
      const presentation = presentationOf(context, row.limits);
      this.#signed.set(route, { presentation, at: now });
      return presentation;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new SecretUnavailable(passage.signing ?? passage.login, reason);
    }
  }
}
