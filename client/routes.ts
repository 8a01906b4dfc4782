/** From a slug to all that a connection needs: where the tenant is, whose login serves it, which key signs for it. */
import type { DirectoryRow } from "../registry/types";
import { type ContextKey, signContext } from "./context";
import type { Directory } from "./directory";
import { SecretUnavailable, TenantNotActive } from "./errors";
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

export class Routes {
  readonly #directory: Directory;
  readonly #secrets: SecretCache;

  constructor(directory: Directory, secrets: SecretCache) {
    this.#directory = directory;
    this.#secrets = secrets;
  }

  /** @throws UnknownTenant, TenantNotActive, DirectoryUnavailable, SecretUnavailable */
  async find(slug: string): Promise<Route> {
    const row = await this.#directory.find(slug);
    // It may have been activated a moment ago.
    const active = row.status === "active" ? row : await this.#directory.findAgain(slug);
    return this.#route(active, (path) => this.#secrets.get(path));
  }

  /** The same, with all that is known read again: a server has refused it. */
  async findAgain(slug: string): Promise<Route> {
    return this.#route(await this.#directory.findAgain(slug), (path) => this.#secrets.renew(path));
  }

  async #route(row: DirectoryRow, read: (path: string) => Promise<SecretValues>): Promise<Route> {
    if (row.status !== "active") throw new TenantNotActive(row.slug, row.status);
    const passage = passageOf(row);
    const login = loginOf(row, passage.login, await read(passage.login));
    if (passage.signing === undefined) return { row, passage, login };
    const key = requireValues(passage.signing, await read(passage.signing), ["kid", "key"]);
    return { row, passage, login, key };
  }
}

/** Whether what was refused to one would be refused to the other too. */
export const sameRoute = (one: Route, other: Route): boolean =>
  sameLogin(one.login, other.login) &&
  one.row.id === other.row.id &&
  one.key?.kid === other.key?.kid &&
  one.key?.key === other.key?.key;

/** The context of a transaction that begins now; none where the login says it all. @throws SecretUnavailable for a key that is none. */
export function contextOf({ row, passage, key }: Route, expiresInSeconds: number): string | undefined {
  if (key === undefined) return undefined;
  try {
    return signContext(key, row.id, { expiresInSeconds });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new SecretUnavailable(passage.signing ?? passage.login, reason);
  }
}
