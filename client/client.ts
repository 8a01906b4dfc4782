/** What an application holds: runs transactions and statements as tenants, wherever those are. */
import type { QueryArrayResult, QueryResult, QueryResultRow } from "pg";
import { Directory } from "./directory";
import { LoginRefused, NoConnection, TenantNotActive, UnknownTenant } from "./errors";
import { everyOne, type Found, type LookUpOptions, onlyOne, renderLookUp } from "./look-up";
import { isStalePlan, NamedStatements } from "./named-statements";
import { type Opening, openingOf, type TransactionMode } from "./opening";
import { type ConnectOptions, type Settings, settingsOf } from "./options";
import { Pools } from "./pools";
import type { Presentation } from "./presentation";
import { isLoginRefused, isNotThere, isTenantRefused } from "./refusals";
import { type Route, Routes, sameRoute, type Way } from "./routes";
import { SecretCache } from "./secrets";
import type { Session } from "./session";
import { Signer } from "./signer";
import { runStatement } from "./single-statement";
import { type ExtendedQuery, extendedQuery, type Queryable, type Statement } from "./statement";
import { runTransaction } from "./transaction";

export interface RunOptions {
  /** Ends the work: its connection is closed, and the server is asked to end what it runs. */
  readonly signal?: AbortSignal;
}

export interface TransactionOptions extends RunOptions, TransactionMode {}

/** Connects nowhere yet: pools are made as tenants need them. @throws OptionRefused */
export function connect(options: ConnectOptions): TenantClient {
  return new TenantClient(settingsOf(options));
}

export class TenantClient {
  readonly #routes: Routes;
  readonly #pools: Pools;
  readonly #names: NamedStatements;
  readonly #signer: Signer;

  /** Made by `connect`. */
  constructor(settings: Settings) {
    const onStale = (error: unknown) =>
      settings.onWarning(error instanceof Error ? error : new Error(`what was read before stays in use: ${error}`));
    const directory = new Directory(settings.directory, { maxAgeMs: settings.directoryMaxAgeMs, onStale });
    const secrets = new SecretCache(settings.secrets, { maxAgeMs: settings.secretMaxAgeMs, onStale });
    this.#routes = new Routes(directory, secrets);
    this.#pools = new Pools(settings);
    this.#names = new NamedStatements(settings.namedStatements);
    this.#signer = new Signer(settings.contextSeconds);
  }

  /**
   * Runs `fn` in one transaction as the tenant: commits when it returns, rolls back when it throws. `begin`, the context and the
   * first statement share a round trip. Statements that `fn` did not wait for are waited for before the commit.
   * @throws what `fn` throws; ClientError; DatabaseError with PostgreSQL's SQLSTATE.
   */
  asTenant<T>(
    slug: string,
    fn: (transaction: Queryable) => T | Promise<T>,
    options: TransactionOptions = {},
  ): Promise<T> {
    const work: Work<T> = (session, route) =>
      runTransaction(session, this.#opening(route, options), fn, options.signal);
    return this.#run(this.#routes.wayTo(slug), { work, repeatable: false }, options.signal);
  }

  /**
   * Runs one statement as the tenant, in a transaction of its own and in one round trip. A text that comes more than once is
   * prepared.
   * @throws ClientError; DatabaseError with PostgreSQL's SQLSTATE, and then nothing was done.
   */
  query<Row extends unknown[] = unknown[]>(
    slug: string,
    statement: Statement & { readonly rowMode: "array" },
    values?: readonly unknown[],
    options?: RunOptions,
  ): Promise<QueryArrayResult<Row>>;
  query<Row extends QueryResultRow = QueryResultRow>(
    slug: string,
    statement: string | Statement,
    values?: readonly unknown[],
    options?: RunOptions,
  ): Promise<QueryResult<Row>>;
  query(
    slug: string,
    statement: string | Statement,
    values?: readonly unknown[],
    options: RunOptions = {},
  ): Promise<QueryResult> {
    const present = (route: Route) => this.#signer.presentationOf(route);
    return this.#statement(this.#routes.wayTo(slug), present, extendedQuery(statement, values), options.signal);
  }

  /**
   * Whose something is, before the tenant is known: `tenantOf("api_key", hashOfKey(key))` calls the look-up `tenant_of_api_key`, which
   * a table file declares. Undefined for whatever signs nobody in: unknown, revoked, expired, of a tenant that is not active, or of two.
   * Pooled tenants alone are found. Nothing is kept, so that a revocation counts at once.
   * @throws ClientError; DatabaseError, 42883 for a look-up that no table file declares.
   */
  async tenantOf<Given extends QueryResultRow = QueryResultRow>(
    word: string,
    value: string | Buffer,
    options: LookUpOptions = {},
  ): Promise<Found<Given> | undefined> {
    return onlyOne(await this.#ask<Given>("tenant", word, value, options));
  }

  /** The same for what several tenants can have: `tenantsOf("email", email)` calls `tenants_of_email`. */
  async tenantsOf<Given extends QueryResultRow = QueryResultRow>(
    word: string,
    value: string | Buffer,
    options: LookUpOptions = {},
  ): Promise<readonly Found<Given>[]> {
    return everyOne(await this.#ask<Given>("tenants", word, value, options));
  }

  /** One answer a cell, none of them waited for. */
  async #ask<Given extends QueryResultRow>(
    of: "tenant" | "tenants",
    word: string,
    value: string | Buffer,
    { cell, signal }: LookUpOptions,
  ): Promise<readonly Promise<Found<Given>[]>[]> {
    const ways = await this.#routes.waysToCells();
    return ways
      .filter(({ row }) => cell === undefined || row.cell === cell)
      .map(async (way) => {
        const query = extendedQuery(renderLookUp(way.row, of, word), [value]);
        return (await this.#statement<Found<Given>>(way, () => undefined, query, signal)).rows;
      });
  }

  async #statement<Row extends QueryResultRow>(
    way: Way,
    present: (route: Route) => Presentation | undefined,
    { name: given, ...unnamed }: ExtendedQuery,
    signal: AbortSignal | undefined,
  ): Promise<QueryResult<Row>> {
    const ask = (query: ExtendedQuery, named: boolean) => {
      const work: Work<QueryResult<Row>> = (session, route) =>
        runStatement(session, present(route), query, { named, signal });
      return this.#run(way, { work, repeatable: true }, signal);
    };
    const name = given ?? this.#names.nameOf(unnamed.text);
    try {
      return await ask(name === undefined ? unnamed : { ...unnamed, name }, this.#names.on);
    } catch (error) {
      if (!isStalePlan(error)) throw error;
      return ask(unnamed, false); // it was not run
    }
  }

  /** Waits for what runs, closes every connection, and refuses what is new. */
  close(): Promise<void> {
    return this.#pools.close();
  }

  #opening(route: Route, mode: TransactionMode): Opening {
    return openingOf(mode, this.#signer.presentationOf(route), this.#names.on);
  }

  /**
   * Before anything was sent, a refusal has all that is known read again, and one more try if that changed something. Afterwards
   * only what is `repeatable` is tried again: what a refused tenant sent was not done, but a function may have done other things.
   */
  async #run<T>(way: Way, { work, repeatable }: Task<T>, signal: AbortSignal | undefined): Promise<T> {
    let route = await way.find();
    for (let tries = 1; ; tries++) {
      const { passage, login } = route;
      const using = route;
      let entered = false;
      const enter = (session: Session) => {
        entered = true;
        return work(session, using);
      };
      try {
        return await this.#pools.with(passage.pool, login, enter, signal);
      } catch (error) {
        const refused = entered ? isTenantRefused(error) : isLoginRefused(error) || isNotThere(error);
        if (!refused || signal?.aborted) throw error;
        const again = tries > 1 ? route : await way.findAgain().catch((why) => throwBecause(why, error));
        if (sameRoute(route, again) || (entered && !repeatable)) throw entered ? error : explain(error, route);
        route = again;
      }
    }
  }
}

type Work<T> = (session: Session, route: Route) => Promise<T>;

interface Task<T> {
  readonly work: Work<T>;
  /** Whether what PostgreSQL refused may be sent once more. */
  readonly repeatable: boolean;
}

/** Throws why the tenant was refused, where the directory knows; else the refusal itself. */
function throwBecause(why: unknown, refusal: unknown): never {
  if (!(why instanceof TenantNotActive || why instanceof UnknownTenant)) throw refusal;
  why.cause = refusal;
  throw why;
}

function explain(error: unknown, { passage, login }: Route): Error {
  const reason = error instanceof Error ? error.message : String(error);
  if (isLoginRefused(error)) return new LoginRefused(passage.login, reason, { cause: error });
  return new NoConnection(`cell ${login.cell} at ${login.host}:${login.port}`, reason, { cause: error });
}
