/** Whose a key or an e-mail is: asked before the tenant is known, of every cell with pooled tenants. */
import { createHash } from "node:crypto";
import { escapeIdentifier, type QueryResultRow } from "pg";
import type { DirectoryRow } from "../registry/types";

/** A row of a look-up: the tenant, and what its directive gives beside. */
export type Found<Given> = Given & { readonly slug: string };

export interface LookUpOptions {
  /** The one cell to ask; a cell without pooled tenants finds nobody. @default all of them, at once */
  readonly cell?: string;
  /** As for a statement of a tenant. */
  readonly signal?: AbortSignal;
}

/** SHA-256 of the key's text, which is what tables keep of a key. Keys are long and random, so that they need no salt. */
export const hashOfKey = (key: string): Buffer => createHash("sha256").update(key).digest();

/** Calls the look-up `tenant_of_<word>` or `tenants_of_<word>` of a cell. */
export const renderLookUp = ({ schema }: DirectoryRow, of: "tenant" | "tenants", word: string): string =>
  `select * from ${escapeIdentifier(schema)}.${escapeIdentifier(`${of}_of_${word}`)}($1)`;

/**
 * The one tenant that was found. Two cells that know one key mean nobody, as two tenants of one cell do. That nobody was found is
 * known when every cell has said so; one that was found is, whatever other cells do.
 * @throws what a cell failed with.
 */
export async function onlyOne<Row extends QueryResultRow>(asked: readonly Promise<Row[]>[]): Promise<Row | undefined> {
  const { rows, failed } = await heard(asked);
  if (rows.length === 0 && failed) throw failed.reason;
  return rows.length === 1 ? rows[0] : undefined;
}

/** All that were found. @throws what a cell failed with: a list without its tenants would not be whole. */
export async function everyOne<Row extends QueryResultRow>(asked: readonly Promise<Row[]>[]): Promise<readonly Row[]> {
  const { rows, failed } = await heard(asked);
  if (failed) throw failed.reason;
  return rows;
}

async function heard<Row>(asked: readonly Promise<Row[]>[]) {
  const answers = await Promise.allSettled(asked);
  return {
    rows: answers.flatMap((answer) => (answer.status === "fulfilled" ? answer.value : [])),
    failed: answers.find((answer) => answer.status === "rejected"),
  };
}
