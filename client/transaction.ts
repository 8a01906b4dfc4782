/** A transaction that an application's function runs in. */
import { DatabaseError, type QueryResult } from "pg";
import { unlessAborted } from "./abort";
import { CommitUnknown, TransactionEnded, TransactionOver, TransactionRolledBack } from "./errors";
import { endsTransaction } from "./lasting-state";
import type { Opening } from "./opening";
import type { Session } from "./session";
import { extendedQuery, type Queryable, type Statement } from "./statement";

/**
 * Runs `fn` in one transaction and commits; rolls back when `fn` throws, when a statement failed, or when `signal` aborts.
 * `begin`, the context and the first statements of `fn` leave in one packet.
 * @throws what `fn` throws, the reason of `signal`, TransactionEnded, TransactionRolledBack, CommitUnknown, DatabaseError.
 */
export async function runTransaction<T>(
  session: Session,
  opening: Opening,
  fn: (transaction: Queryable) => T | Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const transaction = new Transaction(session);
  try {
    const { opened, done } = session.together(() => ({ opened: open(session, opening), done: call(fn, transaction) }));
    const result = await unlessAborted(bothOf(opened, done), signal, () => session.destroy());
    await transaction.end();
    return result;
  } catch (error) {
    await transaction.abandon();
    throw error;
  }
}

async function open(session: Session, { begin, present }: Opening): Promise<void> {
  try {
    await Promise.all([session.send(begin), present && session.send(present)]);
  } catch (error) {
    throw session.failed(error);
  }
}

/** What the function throws before it waits for anything is a rejection too. */
const call = async <T>(fn: (transaction: Queryable) => T | Promise<T>, transaction: Queryable): Promise<T> =>
  fn(transaction);

/** A refused opening says more than what fails because of it. */
async function bothOf<T>(opened: Promise<void>, done: Promise<T>): Promise<T> {
  const [first, second] = await Promise.allSettled([opened, done]);
  if (first.status === "rejected") throw first.reason;
  if (second.status === "rejected") throw second.reason;
  return second.value;
}

class Transaction implements Queryable {
  readonly #session: Session;
  readonly #pending = new Set<Promise<unknown>>();
  #over = false;
  #ended: string | undefined;
  #failure: { readonly error: unknown } | undefined;

  constructor(session: Session) {
    this.#session = session;
  }

  query(statement: string | Statement, values?: readonly unknown[]): Promise<QueryResult> {
    if (this.#over) return Promise.reject(new TransactionOver());
    if (this.#ended !== undefined) return Promise.reject(new TransactionEnded(this.#ended));
    const asked = this.#ask(statement, values);
    this.#pending.add(asked);
    const answered = () => this.#pending.delete(asked);
    asked.then(answered, answered); // the end of the transaction reports a failure that nobody waited for
    return asked;
  }

  async #ask(statement: string | Statement, values?: readonly unknown[]): Promise<QueryResult> {
    try {
      const query = extendedQuery(statement, values);
      const result = this.#session.heard(await this.#session.send(query), query);
      if (endsTransaction(result.command, query.text)) this.#ended ??= result.command;
      return result;
    } catch (thrown) {
      const error = this.#session.failed(thrown);
      this.#failure ??= { error };
      throw error;
    }
  }

  /** Commits, once every statement is answered. */
  async end(): Promise<void> {
    this.#over = true;
    await Promise.allSettled(this.#pending);
    // Before the first answer of all, the last transaction's status still stands: here at least `begin` has been answered.
    if (this.#ended === undefined && this.#session.status === "I") this.#ended = "rollback";
    if (this.#ended !== undefined) {
      this.#session.distrust();
      throw new TransactionEnded(this.#ended);
    }
    // The server knows of the failures that it reported; of one within `pg` it does not.
    if (this.#failure && !(this.#failure.error instanceof DatabaseError)) throw this.#rolledBack();
    if ((await commit(this.#session)).command !== "COMMIT") throw this.#rolledBack();
  }

  /** Leaves no transaction open; a connection that does not get there is not given back. */
  async abandon(): Promise<void> {
    this.#over = true;
    if (this.#ended !== undefined) this.#session.distrust();
    if (this.#session.lost || (this.#session.status === "I" && this.#pending.size === 0)) return;
    await this.#session.send("rollback").catch(() => this.#session.distrust());
  }

  #rolledBack(): TransactionRolledBack {
    return new TransactionRolledBack(this.#failure && { cause: this.#failure.error });
  }
}

/** PostgreSQL answers `commit` with a rollback, and no error, when a statement had failed and its error was caught. */
async function commit(session: Session): Promise<QueryResult> {
  try {
    return await session.send("commit");
  } catch (thrown) {
    const error = session.failed(thrown);
    if (error instanceof DatabaseError) throw error;
    throw new CommitUnknown({ cause: error });
  }
}
