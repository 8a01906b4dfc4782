/** A value that lives elsewhere: kept for a while, read again when it is old or was refused, by one reader at a time. */

export interface CacheOptions {
  /** From half of this age on, a use asks for a new value without waiting for it; from this age on, it waits. */
  readonly maxAgeMs: number;
  /** Told when a value could not be read again and the old one stays in use. */
  readonly onStale: (error: unknown) => void;
  /** Milliseconds of a clock that never goes back. @default performance.now */
  readonly now?: () => number;
}

/** Whoever makes us ask again and again (unknown names, wrong passwords) does so at this pace at most. */
const MIN_INTERVAL_MS = 1_000;

export class Cached<T> {
  readonly #load: () => Promise<T>;
  readonly #options: CacheOptions;
  readonly #now: () => number;
  #held: { readonly value: T; readonly at: number } | undefined;
  #loading: Promise<T> | undefined;
  #tried: { readonly at: number; readonly error?: unknown } | undefined;

  constructor(load: () => Promise<T>, options: CacheOptions) {
    this.#load = load;
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  /** What is known, if it is young enough; else what is read now; else, when that fails, what is known all the same. */
  async get(): Promise<T> {
    const held = this.#held;
    if (held === undefined) return this.renew();
    const age = this.#now() - held.at;
    if (age >= this.#options.maxAgeMs) return this.renew();
    if (age >= this.#options.maxAgeMs / 2) void this.renew(); // never rejects while there is a value
    return held.value;
  }

  /** Reads it again, but for a second after the last time. @throws what reading throws, while nothing is known. */
  async renew(): Promise<T> {
    if (this.#loading) return this.#loading;
    if (this.#tried && this.#now() - this.#tried.at < MIN_INTERVAL_MS) {
      if (this.#held === undefined) throw this.#tried.error;
      return this.#held.value;
    }
    this.#loading = this.#read();
    try {
      return await this.#loading;
    } finally {
      this.#loading = undefined;
    }
  }

  async #read(): Promise<T> {
    const at = this.#now();
    try {
      const value = await this.#load();
      this.#held = { value, at };
      this.#tried = { at };
      return value;
    } catch (error) {
      this.#tried = { at: this.#now(), error };
      if (this.#held === undefined) throw error;
      this.#options.onStale(error);
      return this.#held.value;
    }
  }
}
