/** Sessions for tenants' files, each opened once and used until shortly before it ends. */
import type { SessionRequest } from "./tenant-files";

/** What has an end; the SDK's credentials have more in them. */
export interface Expiring {
  readonly expiration?: Date | undefined;
}

export interface FileSessionsOptions {
  /** Milliseconds since 1970. @default Date.now */
  readonly now?: () => number;
  /** A session is not handed out for its last minutes: what is begun with it should end within it. @default 300 */
  readonly marginSeconds?: number;
}

/** One process opens one session a tenant and hour, however many requests it serves. */
export class FileSessions<T extends Expiring> {
  readonly #open: (request: SessionRequest) => Promise<T>;
  readonly #now: () => number;
  readonly #marginMs: number;
  readonly #held = new Map<string, { readonly session: Promise<T>; usableUntil: number }>();

  constructor(open: (request: SessionRequest) => Promise<T>, options: FileSessionsOptions = {}) {
    this.#open = open;
    this.#now = options.now ?? Date.now;
    this.#marginMs = (options.marginSeconds ?? 300) * 1000;
  }

  /** The tenant's session: the one at hand, or a new one. Requests at the same time share it. @throws what opening throws */
  get(request: SessionRequest): Promise<T> {
    const key = JSON.stringify(request);
    const held = this.#held.get(key);
    if (held !== undefined && this.#now() < held.usableUntil) return held.session;
    this.#forgetEnded();
    const session = this.#open(request);
    const entry = { session, usableUntil: this.#now() + request.DurationSeconds * 1000 - this.#marginMs };
    this.#held.set(key, entry);
    session.then(
      ({ expiration }) => {
        if (expiration !== undefined) entry.usableUntil = expiration.getTime() - this.#marginMs;
      },
      () => {
        if (this.#held.get(key) === entry) this.#held.delete(key); // whoever asks next tries again
      },
    );
    return session;
  }

  /** What is kept does not grow with the tenants that were ever served. */
  #forgetEnded(): void {
    for (const [key, { usableUntil }] of this.#held) if (usableUntil <= this.#now()) this.#held.delete(key);
  }
}
