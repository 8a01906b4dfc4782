/** What an application sends: one statement a message, never more. */
import type { CustomTypesConfig, QueryArrayResult, QueryConfig, QueryResult, QueryResultRow } from "pg";

export interface Statement {
  /** One statement; `$1`, `$2` stand for the values. */
  readonly text: string;
  readonly values?: readonly unknown[];
  /** Prepares the statement under this name, once a connection. Not through a pooler that does not keep them. */
  readonly name?: string;
  /** Rows as arrays: two columns may have one name. */
  readonly rowMode?: "array";
  readonly types?: CustomTypesConfig;
}

/** Sends statements and gives their results, as `query` of `pg` does. */
export interface Queryable {
  query<Row extends unknown[] = unknown[]>(
    statement: Statement & { readonly rowMode: "array" },
    values?: readonly unknown[],
  ): Promise<QueryArrayResult<Row>>;
  query<Row extends QueryResultRow = QueryResultRow>(
    statement: string | Statement,
    values?: readonly unknown[],
  ): Promise<QueryResult<Row>>;
}

/** `queryMode` is of `pg` since 8.13; its types do not have it. */
export interface ExtendedQuery extends QueryConfig {
  readonly queryMode: "extended";
}

/**
 * The statement for `pg`, always by the extended protocol: PostgreSQL then refuses a text that holds two statements, so that
 * nothing can be added behind the application's own.
 */
export function extendedQuery(statement: string | Statement, values?: readonly unknown[]): ExtendedQuery {
  const { values: own, ...rest } = whole(statement);
  const all = values ?? own;
  return { ...rest, queryMode: "extended", ...(all && { values: [...all] }) };
}

const whole = (statement: string | Statement): Statement =>
  typeof statement === "string" ? { text: statement } : statement;
