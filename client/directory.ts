/** Where tenants are: rows as the cells report them, by slug, kept and read again. */
import type { DirectoryRow, Tier } from "../registry/types";
import { Cached, type CacheOptions } from "./cached";
import { DirectoryUnavailable, UnknownTenant } from "./errors";

/** All rows, or what reads them: the stack output `directory`, a file, a table of the application's own. */
export type DirectorySource =
  | readonly DirectoryRow[]
  | (() => readonly DirectoryRow[] | Promise<readonly DirectoryRow[]>);

export class Directory {
  readonly #rows: Cached<ReadonlyMap<string, DirectoryRow>>;

  constructor(source: DirectorySource, options: CacheOptions) {
    const read = typeof source === "function" ? source : () => source;
    this.#rows = new Cached(() => load(read), options);
  }

  /**
   * The tenant's row. One that is missing may be new: the directory is asked again.
   * @throws UnknownTenant, DirectoryUnavailable
   */
  async find(slug: string): Promise<DirectoryRow> {
    return (await this.#rows.get()).get(slug) ?? this.findAgain(slug);
  }

  /** The same, for a row that does not seem to be true any more. */
  async findAgain(slug: string): Promise<DirectoryRow> {
    const row = (await this.#rows.renew()).get(slug);
    if (row === undefined) throw new UnknownTenant(slug);
    return row;
  }
}

async function load(read: () => ReturnType<Extract<DirectorySource, () => unknown>>) {
  let rows: readonly DirectoryRow[];
  try {
    rows = await read();
  } catch (error) {
    throw new DirectoryUnavailable(error instanceof Error ? error.message : String(error), { cause: error });
  }
  const wrong = Array.isArray(rows) ? rows.findIndex((row) => !isRow(row)) : 0;
  if (wrong >= 0) {
    throw new DirectoryUnavailable(
      `row ${wrong + 1} is none; it must have slug, id, tier, cell, host, port, database, schema and status, ` +
        "as `tenantry directory --json` prints them",
    );
  }
  return new Map(rows.map((row) => [row.slug, row]));
}

const TIERS: Readonly<Record<Tier, true>> = { pooled: true, schema: true, dedicated: true };

/** Rows come from JSON as a rule: a wrong one must not become a connection to `undefined`. */
function isRow(row: DirectoryRow | null): boolean {
  const texts = [row?.slug, row?.id, row?.cell, row?.host, row?.database, row?.schema, row?.status];
  return (
    texts.every((text) => typeof text === "string") &&
    typeof row?.port === "number" &&
    Object.hasOwn(TIERS, row?.tier ?? "")
  );
}
