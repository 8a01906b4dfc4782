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
  const { begin, present } = opening;
  const asked = present === undefined ? alone(session, query) : between(session, begin, present, query);
  const result = await unlessAborted(asked, signal, () => session.destroy());
  if (endsTransaction(result.command, query.text)) {
    session.distrust();
    throw new TransactionEnded(result.command);
  }
  return result;
}

async function alone(session: Session, query: ExtendedQuery): Promise<QueryResult> {
  try {
    return session.heard(await session.send(query), query);
  } catch (error) {
    throw outcomeOf(session, error);
  }
}

async function between(
  session: Session,
  begin: string,
  present: ExtendedQuery,
  query: ExtendedQuery,
): Promise<QueryResult> {
  const [begun, presented, asked, committed] = await Promise.allSettled(
    session.together(() => [session.send(begin), session.send(present), session.send(query), session.send("commit")]),
  );
  // The first failure is the cause of those behind it.
  for (const answer of [begun, presented, asked, committed]) {
    if (answer?.status === "rejected") throw outcomeOf(session, answer.reason);
  }
  if (asked?.status !== "fulfilled") throw new Error("a statement was not answered");
  return session.heard(asked.value, query);
}

/** What PostgreSQL or `pg` refused was not done; what a lost connection left is not known. */
function outcomeOf(session: Session, thrown: unknown): unknown {
  const error = session.failed(thrown);
  return session.lost && !(error instanceof DatabaseError) ? new CommitUnknown({ cause: error }) : error;
}
