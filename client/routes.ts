/** From a slug to all that a connection needs: where the tenant is, whose login serves it, which key signs for it. */
import type { DirectoryRow } from "../registry/types";
import type { ContextKey } from "./context";
import type { Directory } from "./directory";
import { NoConnection, TenantNotActive } from "./errors";
import { type Login, loginOf, sameLogin } from "./login";
import { type Passage, passageOf } from "./passage";
import { requireValues, type SecretCache, type SecretValues } from "./secrets";

export interface Route {
  readonly row: DirectoryRow;
  readonly passage: Passage;
  readonly login: Login;
  /** Missing for tenants with a login of their own. */
  readonly key?: ContextKey;
}

/** How a route is found, and once more after a server has refused it: then all that is known is read again. */
export interface Way {
  find(): Promise<Route>;
  findAgain(): Promise<Route>;
}

export class Routes {
  readonly #directory: Directory;
  readonly #secrets: SecretCache;
  /** The last route of a row, for as long as its secrets are the same objects. */
  readonly #known = new WeakMap<DirectoryRow, Known>();

  constructor(directory: Directory, secrets: SecretCache) {
    this.#directory = directory;
    this.#secrets = secrets;
  }

  /** To a tenant. Its methods throw UnknownTenant, TenantNotActive, DirectoryUnavailable, SecretUnavailable. */
  wayTo(slug: string): Way {
    return { find: () => this.#find(slug), findAgain: () => this.#findAgain(slug) };
  }

  /**
   * To each cell with pooled tenants, for what is asked before the tenant is known. Their methods throw NoConnection,
   * DirectoryUnavailable, SecretUnavailable. @throws DirectoryUnavailable
   */
  async waysToCells(): Promise<readonly CellWay[]> {
    return (await this.#directory.pooledCells()).map((row) => this.#wayToCell(row));
  }

  #wayToCell(row: DirectoryRow): CellWay {
    const findAgain = async () => {
      const again = await this.#directory.pooledCellAgain(row.cell);
      if (again) return this.#route(again, (path) => this.#secrets.renew(path));
      throw new NoConnection(`cell ${row.cell}`, "the directory has no pooled tenant there any more");
    };
    return { row, find: () => this.#route(row, (path) => this.#secrets.get(path)), findAgain };
  }

  async #find(slug: string): Promise<Route> {
    const row = await this.#directory.find(slug);
    // It may have been activated a moment ago.
    const active = row.status === "active" ? row : await this.#directory.findAgain(slug);
    return this.#route(assertActive(active), (path) => this.#secrets.get(path));
  }

  async #findAgain(slug: string): Promise<Route> {
    const row = assertActive(await this.#directory.findAgain(slug));
    return this.#route(row, (path) => this.#secrets.renew(path));
  }

  async #route(row: DirectoryRow, read: (path: string) => Promise<SecretValues>): Promise<Route> {
    const known = this.#known.get(row);
    const passage = known?.route.passage ?? passageOf(row);
    const login = await read(passage.login);
    const signing = passage.signing === undefined ? undefined : await read(passage.signing);
    if (known && known.login === login && known.signing === signing) return known.route;
    const route = makeRoute(row, passage, login, signing);
    this.#known.set(row, { login, signing, route });
    return route;
  }
}

/** `row`: of any pooled tenant of the cell. */
export interface CellWay extends Way {
  readonly row: DirectoryRow;
}

function assertActive(row: DirectoryRow): DirectoryRow {
  if (row.status !== "active") throw new TenantNotActive(row.slug, row.status);
  return row;
}

interface Known {
  readonly login: SecretValues;
  readonly signing: SecretValues | undefined;
  readonly route: Route;
}

function makeRoute(row: DirectoryRow, passage: Passage, secret: SecretValues, signing?: SecretValues): Route {
  const login = loginOf(row, passage.login, secret);
  if (!passage.signing || !signing) return { row, passage, login };
  return { row, passage, login, key: requireValues(passage.signing, signing, ["kid", "key"]) };
}

/** Whether what was refused to one would be refused to the other too. */
export const sameRoute = (one: Route, other: Route): boolean =>
  one === other ||
  (sameLogin(one.login, other.login) &&
    one.row.id === other.row.id &&
    one.key?.kid === other.key?.kid &&
    one.key?.key === other.key?.key);
