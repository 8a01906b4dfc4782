/** Where tenants are: rows as the cells report them, by slug, kept and read again. */
import type { DirectoryRow, SessionLimits, Tier } from "../registry/types";
import { Cached, type CacheOptions } from "./cached";
import { DirectoryUnavailable, UnknownTenant } from "./errors";

/** All rows, or what reads them: the stack output `directory`, a file, a table of the application's own. */
export type DirectorySource =
  | readonly DirectoryRow[]
  | (() => readonly DirectoryRow[] | Promise<readonly DirectoryRow[]>);

interface Rows {
  readonly bySlug: ReadonlyMap<string, DirectoryRow>;
  /** Of each cell with pooled tenants, a row of one of them: it says where all of them are. */
  readonly byCell: ReadonlyMap<string, DirectoryRow>;
}

export class Directory {
  readonly #rows: Cached<Rows>;

  constructor(source: DirectorySource, options: CacheOptions) {
    const read = typeof source === "function" ? source : () => source;
    this.#rows = new Cached(() => load(read), options);
  }

  /**
   * The tenant's row. One that is missing may be new: the directory is asked again.
   * @throws UnknownTenant, DirectoryUnavailable
   */
  async find(slug: string): Promise<DirectoryRow> {
    return (await this.#rows.get()).bySlug.get(slug) ?? this.findAgain(slug);
  }

  /** The same, for a row that does not seem to be true any more. */
  async findAgain(slug: string): Promise<DirectoryRow> {
    const row = (await this.#rows.renew()).bySlug.get(slug);
    if (row === undefined) throw new UnknownTenant(slug);
    return row;
  }

  /** Each cell with pooled tenants, by a row of one of them, whatever its status. @throws DirectoryUnavailable */
  async pooledCells(): Promise<readonly DirectoryRow[]> {
    return [...(await this.#rows.get()).byCell.values()];
  }

  /** The same for one cell, read again. Undefined when no pooled tenant is there. */
  async pooledCellAgain(cell: string): Promise<DirectoryRow | undefined> {
    return (await this.#rows.renew()).byCell.get(cell);
  }
}

async function load(read: () => ReturnType<Extract<DirectorySource, () => unknown>>): Promise<Rows> {
  let rows: readonly DirectoryRow[];
  try {
    rows = await read();
  } catch (error) {
    throw new DirectoryUnavailable(error instanceof Error ? error.message : String(error), { cause: error });
  }
  const wrong = Array.isArray(rows) ? rows.findIndex((row) => !isRow(row)) : 0;
  if (wrong >= 0) {
    throw new DirectoryUnavailable(
      `row ${wrong + 1} is none; it must have slug, id, tier, cell, host, port, database, schema and status, and all limits or none, ` +
        "as `tenantry directory --json` prints them",
    );
  }
  return {
    bySlug: new Map(rows.map((row) => [row.slug, row])),
    byCell: new Map(rows.filter(({ tier }) => tier === "pooled").map((row) => [row.cell, row])),
  };
}

const TIERS: Readonly<Record<Tier, true>> = { pooled: true, schema: true, dedicated: true };

/** Rows come from JSON as a rule: a wrong one must not become a connection to `undefined`. */
function isRow(row: DirectoryRow | null): boolean {
  const texts = [row?.slug, row?.id, row?.cell, row?.host, row?.database, row?.schema, row?.status];
  return (
    texts.every((text) => typeof text === "string") &&
    typeof row?.port === "number" &&
    (row.limits === undefined || hasLimits(row.limits)) &&
    Object.hasOwn(TIERS, row?.tier ?? "")
  );
}

const LIMITS: Readonly<Record<keyof SessionLimits, true>> = {
  statementTimeout: true,
  workMem: true,
  idleInTransactionTimeout: true,
};

/** All of them: one that is missing would be presented as null, and undo what the login has set. */
const hasLimits = (limits: SessionLimits | null): boolean => {
  const texts = new Map<string, unknown>(Object.entries(limits ?? {}));
  return Object.keys(LIMITS).every((name) => typeof texts.get(name) === "string");
};
