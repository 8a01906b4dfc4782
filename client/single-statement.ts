/** One statement as a transaction of its own, in one round trip. */
import { DatabaseError, type QueryResult } from "pg";
import { unlessAborted } from "./abort";
import { CommitUnknown, TransactionEnded } from "./errors";
import { endsTransaction } from "./lasting-state";
import type { Opening } from "./opening";
import type { Session } from "./session";
import type { ExtendedQuery } from "./statement";

/**
 * Sends `begin`, the context, the statement and `commit` at once, and gives the statement's result when the commit is answered. A
 * login that is one tenant needs nothing round the statement, which then commits by itself.
 * @throws DatabaseError, and then nothing was done; TransactionEnded; CommitUnknown when the connection is lost on the way; the
 * reason of `signal`, and then it is as unknown.
 */
export async function runStatement(
  session: Session,
  opening: Opening,
  query: ExtendedQuery,
  signal?: AbortSignal,
): Promise<QueryResult> {
  const asked = opening.present === undefined ? alone(session, query) : between(session, opening, query);
  const result = await unlessAborted(asked, signal, () => session.destroy());
  if (endsTransaction(result.command, query.text)) {
    session.distrust();
    throw new TransactionEnded(result.command);
  }
  return result;
}

async function alone(session: Session, query: ExtendedQuery): Promise<QueryResult> {
  try {
    return await session.ask(query);
  } catch (error) {
    throw outcomeOf(session, error);
  }
}

async function between(session: Session, { begin, present }: Opening, query: ExtendedQuery): Promise<QueryResult> {
  const sent = session.together(() => [
    session.tell(begin),
    present && session.tell(present),
    session.ask(query),
    session.tell("commit"),
  ]);
  const answers = await Promise.allSettled(sent);
  // The first failure is the cause of those behind it.
  const failed = answers.find((answer) => answer.status === "rejected");
  if (failed) throw outcomeOf(session, failed.reason);
  const asked = answers[2];
  if (asked?.status !== "fulfilled" || !asked.value) throw new Error("a statement was answered without a result");
  return asked.value;
}

/** What PostgreSQL or `pg` refused was not done; what a lost connection left is not known. */
const outcomeOf = (session: Session, error: unknown): unknown =>
  session.lost && !(error instanceof DatabaseError) ? new CommitUnknown({ cause: error }) : error;
