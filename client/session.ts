/** A borrowed connection. Whatever leaves it in doubt has it destroyed instead of given back. */
import { DatabaseError, type PoolClient, type QueryResult } from "pg";
import { requestCancel } from "./cancel";
import { leavesState } from "./lasting-state";
import { isStalePlan } from "./named-statements";
import type { Presentation } from "./presentation";
import { sendPresented } from "./presented-query";
import type { ExtendedQuery } from "./statement";

export class Session {
  readonly #client: PoolClient;
  readonly #lost = (error: Error) => {
    this.#cause ??= error; // unheard, it would end the process; the statement that meets it throws it as well
  };
  readonly #copies = () => {
    this.#copying = true;
  };
  #cause: Error | undefined;
  #doubt = false;
  #copying = false;

  constructor(client: PoolClient) {
    this.#client = client;
    client.on("error", this.#lost);
    client.connection.on("copyInResponse", this.#copies);
  }

  /** What broke the connection. */
  get lost(): Error | undefined {
    return this.#cause;
  }

  /** `I` outside of a transaction, `T` within, `E` within one that has failed; as of the last answer. */
  get status(): "I" | "T" | "E" | null {
    return this.#client.getTransactionStatus();
  }

  /** As `query` of `pg`: what comes of it is for `heard` and `failed`. */
  send(query: string | ExtendedQuery): Promise<QueryResult> {
    return this.#client.query(query);
  }

  /** The same, in a transaction of its own that presents the context. */
  async sendPresented(presentation: Presentation, query: ExtendedQuery, named: boolean): Promise<QueryResult> {
    try {
      return await sendPresented(this.#client, presentation, query, named);
    } catch (error) {
      // What `pg` refuses to send may leave a context on the way whose transaction nothing has ended.
      if (!(error instanceof DatabaseError)) this.#doubt = true;
      throw error;
    }
  }

  /** Takes note of what an application's statement may have left behind, and gives its result. */
  heard(result: QueryResult, { text }: ExtendedQuery): QueryResult {
    if (leavesState(result.command, text)) this.#doubt = true;
    return result;
  }

  /** Takes note of what a failure says about the connection, and gives its cause. */
  failed(error: unknown): unknown {
    if (isStalePlan(error)) this.#doubt = true;
    // `pg` has no data to copy and says so, but the server goes on to pass over what is sent, up to a `Sync` that it has read already.
    if (this.#copying) this.destroy();
    // Of a connection that is gone, `pg` says no more than that; what broke it was said before.
    return error instanceof DatabaseError ? error : (this.#cause ?? error);
  }

  /** What `write` sends before it returns leaves as one packet. */
  together<T>(write: () => T): T {
    const { stream } = this.#client.connection;
    stream.cork();
    try {
      return write();
    } finally {
      stream.uncork();
    }
  }

  /** The connection may not be used by anybody else. */
  distrust(): void {
    this.#doubt = true;
  }

  /** Ends the connection now, and asks the server to end what still runs on it. Statements in flight fail. */
  destroy(): void {
    if (this.#cause) return;
    this.#cause = new Error("the connection was given up");
    requestCancel(this.#client);
    this.#client.connection.stream.destroy(this.#cause);
  }

  /** Back to its pool when it is as clean as it came. */
  giveBack(): void {
    const clean = this.#cause === undefined && !this.#doubt && this.status === "I";
    if (!clean) this.#client.connection.stream.destroy(); // `release` alone would wait for statements in flight
    this.#client.off("error", this.#lost);
    this.#client.connection.off("copyInResponse", this.#copies);
    this.#client.release(!clean);
  }
}
