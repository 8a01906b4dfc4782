/** Pools of connections: one for each cell and for each tenant with a login of its own; the latter bounded in number. */
import { Pool, type PoolClient } from "pg";
import { unlessAborted } from "./abort";
import { ClientClosed, NoConnection } from "./errors";
import { type Login, poolConfig, sameLogin } from "./login";
import type { Settings } from "./options";
import type { Passage } from "./passage";
import { Session } from "./session";

interface Entry {
  readonly of: Passage["pool"]["of"];
  readonly login: Login;
  readonly pool: Pool;
}

export class Pools {
  readonly #settings: Settings;
  /** Longest unused first. */
  readonly #entries = new Map<string, Entry>();
  /** They get no new borrowers, and end once those who have or await a connection are served. */
  readonly #retired = new Set<Pool>();
  readonly #ends = new Set<Pool>();
  readonly #waiting = new Set<() => void>();
  #closed = false;
  #drained: (() => void) | undefined;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  /**
   * Lends a connection of that login to `use`. A pool whose login has changed is replaced, and its connections end as they come
   * back: nothing that runs is cut off.
   * @throws what `pg` throws when it cannot connect, NoConnection, ClientClosed, the reason of `signal`, what `use` throws.
   */
  async with<T>(
    { of, name }: Passage["pool"],
    login: Login,
    use: (session: Session) => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T> {
    try {
      const session = new Session(await this.#borrow(`${of} ${name}`, of, login, signal));
      try {
        return await use(session);
      } finally {
        session.giveBack();
      }
    } finally {
      this.#served();
    }
  }

  /** Lets what runs and waits come to its end, and refuses what is new. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const { pool } of this.#entries.values()) this.#retired.add(pool);
    this.#entries.clear();
    for (const wake of this.#waiting) wake();
    this.#served();
    while (this.#retired.size > 0 || this.#ends.size > 0) {
      await new Promise<void>((resolve) => {
        this.#drained = resolve;
        this.#tellDrained();
      });
    }
  }

  async #borrow(key: string, of: Entry["of"], login: Login, signal?: AbortSignal): Promise<PoolClient> {
    const until = performance.now() + this.#settings.connectTimeoutMs;
    for (;;) {
      signal?.throwIfAborted();
      if (this.#closed) throw new ClientClosed();
      const pool = this.#open(key, of, login);
      if (pool) return connect(pool, signal);
      await this.#slot(until, login);
    }
  }

  /** The pool of the login; undefined when all that may be open are in use. */
  #open(key: string, of: Entry["of"], login: Login): Pool | undefined {
    const held = this.#entries.get(key);
    if (held && sameLogin(held.login, login)) {
      this.#entries.delete(key); // to the end: it is the one used last
      this.#entries.set(key, held);
      return held.pool;
    }
    if (held) this.#retire(key, held);
    if (of === "tenant" && !this.#makeRoom()) return undefined;
    const max = of === "cell" ? this.#settings.connectionsPerCell : this.#settings.connectionsPerTenant;
    const pool = new Pool(poolConfig(login, max, this.#settings));
    pool.on("error", (error) => this.#settings.onWarning(error)); // an idle connection broke; `pg` has removed it
    const { onNotice } = this.#settings;
    if (onNotice) pool.on("connect", (client) => client.on("notice", onNotice));
    this.#entries.set(key, { of, login, pool });
    return pool;
  }

  /** Closes the longest unused pool of a tenant when there are as many as there may be. */
  #makeRoom(): boolean {
    const tenants = [...this.#entries].filter(([, { of }]) => of === "tenant");
    if (tenants.length < this.#settings.tenantPools) return true;
    const unused = tenants.find(([, { pool }]) => isUnused(pool));
    if (unused) this.#retire(...unused);
    return unused !== undefined;
  }

  #retire(key: string, { pool }: Entry): void {
    this.#entries.delete(key);
    this.#retired.add(pool);
    this.#served();
  }

  /** A connection came back, or a pool was retired: ends retired pools that nobody waits for, and lets one try for a slot. */
  #served(): void {
    for (const pool of this.#retired) {
      if (pool.waitingCount > 0) continue; // a pool that is ending serves nobody who waits
      this.#retired.delete(pool);
      this.#ends.add(pool);
      void pool.end().then(() => {
        this.#ends.delete(pool);
        this.#tellDrained();
      });
    }
    const [wake] = this.#waiting;
    wake?.();
  }

  #tellDrained(): void {
    if (this.#retired.size === 0 && this.#ends.size === 0) this.#drained?.();
  }

  async #slot(until: number, { cell }: Login): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const wake = () => {
        clearTimeout(timer);
        this.#waiting.delete(wake);
        resolve();
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(wake);
        const { tenantPools, connectTimeoutMs } = this.#settings;
        reject(
          new NoConnection(
            `cell ${cell}`,
            `all ${tenantPools} pools of tenants were in use for ${connectTimeoutMs} ms`,
          ),
        );
      }, until - performance.now());
      this.#waiting.add(wake);
    });
  }
}

const isUnused = (pool: Pool): boolean => pool.totalCount === pool.idleCount && pool.waitingCount === 0;

/** A borrower who stops waiting leaves the connection that comes later to the others. */
function connect(pool: Pool, signal?: AbortSignal): Promise<PoolClient> {
  const connected = pool.connect();
  return unlessAborted(connected, signal, () => {
    connected.then((client) => client.release()).catch(() => {}); // nobody waits for its failure any more
  });
}
