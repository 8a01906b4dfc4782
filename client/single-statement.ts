/** One statement as a transaction of its own, in one round trip. */
import { DatabaseError, type QueryResult } from "pg";
import { unlessAborted } from "./abort";
import { CommitUnknown, TransactionEnded } from "./errors";
import { endsTransaction } from "./lasting-state";
import type { Presentation } from "./presentation";
import type { Session } from "./session";
import type { ExtendedQuery } from "./statement";

/**
 * Sends what the tenant presents and the statement at once, and gives the statement's result when it is committed. A login that is one tenant
 * presents nothing.
 * @throws DatabaseError, and then nothing was done; TransactionEnded; CommitUnknown when the connection is lost on the way; the
 * reason of `signal`, and then it is as unknown.
 */
export async function runStatement(
  session: Session,
  presentation: Presentation | undefined,
  query: ExtendedQuery,
  { named, signal }: { readonly named: boolean; readonly signal?: AbortSignal | undefined },
): Promise<QueryResult> {
  const sent = presentation === undefined ? session.send(query) : session.sendPresented(presentation, query, named);
  const result = session.heard(await unlessAborted(answerOf(session, sent), signal, () => session.destroy()), query);
  if (endsTransaction(result.command, query.text)) {
    session.distrust();
    throw new TransactionEnded(result.command);
  }
  return result;
}

/** What PostgreSQL or `pg` refused was not done; what a lost connection left is not known. */
async function answerOf(session: Session, sent: Promise<QueryResult>): Promise<QueryResult> {
  try {
    return await sent;
  } catch (thrown) {
    const error = session.failed(thrown);
    throw session.lost && !(error instanceof DatabaseError) ? new CommitUnknown({ cause: error }) : error;
  }
}
