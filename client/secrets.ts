/** Logins and signing keys: read through a port, kept for a while, read again when the server refuses them. */
import { Cached, type CacheOptions } from "./cached";
import { SecretUnavailable } from "./errors";

/** The values of one secret, all text. */
export type SecretValues = Readonly<Record<string, string>>;

/**
 * Reads the secret at a path such as `cells/eu-1/app` or `tenants/birch/db`; undefined when there is none. Ready-made:
 * `vaultSecrets`, `environmentSecrets`, `fixedSecrets`.
 */
export type Secrets = (path: string) => Promise<SecretValues | undefined>;

/** Paths below the mount, as `up` writes them. */
export const cellLoginPath = (cell: string): string => `cells/${cell}/app`;
export const cellSigningPath = (cell: string): string => `cells/${cell}/context`;
export const tenantLoginPath = (slug: string): string => `tenants/${slug}/db`;

export class SecretCache {
  readonly #read: Secrets;
  readonly #options: CacheOptions;
  readonly #held = new Map<string, Cached<SecretValues>>();

  constructor(read: Secrets, options: CacheOptions) {
    this.#read = read;
    this.#options = options;
  }

  /** @throws SecretUnavailable */
  get(path: string): Promise<SecretValues> {
    return this.#at(path).get();
  }

  /** Reads it again: the server has refused what it said. @throws SecretUnavailable */
  renew(path: string): Promise<SecretValues> {
    return this.#at(path).renew();
  }

  #at(path: string): Cached<SecretValues> {
    const held = this.#held.get(path);
    if (held) return held;
    const made = new Cached(() => load(this.#read, path), this.#options);
    this.#held.set(path, made);
    return made;
  }
}

async function load(read: Secrets, path: string): Promise<SecretValues> {
  let values: SecretValues | undefined;
  try {
    values = await read(path);
  } catch (error) {
    if (error instanceof SecretUnavailable) throw error;
    throw new SecretUnavailable(path, error instanceof Error ? error.message : String(error), { cause: error });
  }
  if (values === undefined) throw new SecretUnavailable(path, "there is none; `up` writes it");
  return values;
}

/** What the secret holds under these names. @throws SecretUnavailable when one is missing. */
export function requireValues<Name extends string>(
  path: string,
  values: SecretValues,
  names: readonly Name[],
): Readonly<Record<Name, string>>;
export function requireValues(path: string, values: SecretValues, names: readonly string[]): SecretValues {
  const missing = names.filter((name) => !values[name]);
  if (missing.length === 0) return values;
  throw new SecretUnavailable(path, `it has no ${missing.join(" and no ")}; \`up\` writes it whole`);
}

/** Whether something that was parsed is the values of a secret. */
export function isSecretValues(value: unknown): value is SecretValues {
  return typeof value === "object" && value !== null && Object.values(value).every((each) => typeof each === "string");
}
