/** Secrets in Vault's KV version 2 engine, written with check-and-set only. */
import { CasMismatch, VaultError } from "./errors";
import { type Answer, type VaultAddress, VaultHttp } from "./http";

export { CasMismatch, VaultError } from "./errors";

export interface VaultKvOptions extends VaultAddress {
  /** Path of the KV version 2 engine, `secret` by convention. */
  readonly mount: string;
}

export interface KvSecret {
  readonly data: Readonly<Record<string, string>>;
  /** Pass it on as `cas` to replace this version. */
  readonly version: number;
}

/**
 * Paths are relative to the mount: `tenants/acme/db`. All methods throw VaultError: TN-402 no answer, TN-403 sealed, TN-404
 * permission denied, TN-405 wrong mount, TN-406 anything else that Vault refuses. Source: Vault's "KV secrets engine -
 * version 2 (API)".
 */
export class VaultKv {
  readonly #http: VaultHttp;
  readonly #mount: string;

  /** @throws VaultError TN-401 without a token. */
  constructor(private readonly options: VaultKvOptions) {
    this.#http = new VaultHttp(options);
    this.#mount = escapePath(options.mount.replace(/^\/+|\/+$/g, ""));
  }

  /** The current version; undefined when there is none, or when it was deleted. */
  async read(path: string): Promise<KvSecret | undefined> {
    const { data, version } = await this.#current(path);
    return data && { data, version };
  }

  /**
   * Writes only when the current version is `cas`, where 0 means that nothing is there, and returns the new version.
   * @throws CasMismatch when another writer was faster.
   */
  async write(path: string, data: Readonly<Record<string, string>>, cas: number): Promise<number> {
    const written = await this.#tryWrite(path, data, cas);
    if (written !== undefined) return written;
    // Vault counts deleted versions: to write "over nothing" there, name the last of them.
    const now = await this.#current(path);
    if (cas === 0 && !now.data && now.version > 0) {
      const version = await this.#tryWrite(path, data, now.version);
      if (version !== undefined) return version;
    }
    throw new CasMismatch(path, cas);
  }

  /** Removes all versions and the metadata; no error when nothing is there. */
  async remove(path: string): Promise<void> {
    const answer = await this.#http.send("DELETE", this.#url("metadata", path));
    if (answer.status !== 404) this.#assertOk(answer, path);
  }

  /** The new version, or undefined when the current version is another. */
  async #tryWrite(path: string, data: Readonly<Record<string, string>>, cas: number): Promise<number | undefined> {
    const answer = await this.#http.send("POST", this.#url("data", path), { options: { cas }, data });
    if (answer.status === 400 && /check-and-set parameter did not match/.test(errorText(answer.body))) {
      // An attempt whose answer was lost may have been carried out: then what is there is ours.
      const now = answer.attempts > 1 ? await this.#current(path) : undefined;
      return now?.version === cas + 1 && now.data && sameData(now.data, data) ? now.version : undefined;
    }
    this.#assertOk(answer, path);
    const version = field(field(answer.body, "data"), "version");
    if (typeof version !== "number") throw this.#notVersion2();
    return version;
  }

  /** Version 0: there never was one. No data: it was deleted. */
  async #current(path: string): Promise<{ data?: Record<string, string>; version: number }> {
    const answer = await this.#http.send("GET", this.#url("data", path));
    const found = field(answer.body, "data");
    const version = field(field(found, "metadata"), "version");
    if (answer.status === 404 && typeof version === "number") return { version };
    if (answer.status === 404 && errorText(answer.body) === "" && isKvAnswer(answer.body)) return { version: 0 };
    this.#assertOk(answer, path);
    const data = field(found, "data");
    if (typeof version !== "number") throw this.#notVersion2();
    if (!isStrings(data))
      throw new VaultError(
        "TN-406",
        `secret ${this.options.mount}/${path} holds values that are not text: it was not written by Tenantry; move it away`,
      );
    return { data, version };
  }

  #url(kind: "data" | "metadata", path: string): string {
    return `${this.#mount}/${kind}/${escapePath(path)}`;
  }

  #assertOk({ status, body }: Answer, path: string): void {
    if (status >= 200 && status < 300) return;
    const { address, mount } = this.options;
    const said = errorText(body);
    if (status === 503 || status === 501) {
      throw new VaultError(
        "TN-403",
        `Vault at ${address} is sealed or not initialised: unseal it (\`vault operator unseal\`)`,
      );
    }
    if (status === 403 && /no handler|preflight capability/.test(said)) throw this.#notVersion2();
    if (status === 403) {
      const needs = "the token in VAULT_TOKEN must be valid and its policy must allow create, read, update and delete";
      throw new VaultError(
        "TN-404",
        `Vault at ${address} denies ${mount}/${path}: ${needs} on ${mount}/data/* and ${mount}/metadata/*`,
      );
    }
    if (status === 404) throw this.#notVersion2();
    throw new VaultError(
      "TN-406",
      `Vault at ${address} refuses ${mount}/${path} with status ${status}: ${said || "no reason given"}`,
    );
  }

  #notVersion2(): VaultError {
    const { address, mount } = this.options;
    const advice = "correct tenantry:vaultMount, or enable it (`vault secrets enable -path=<mount> kv-v2`)";
    return new VaultError("TN-405", `Vault at ${address} has no KV version 2 engine at ${mount}/: ${advice}`);
  }
}

function escapePath(path: string): string {
  return path.split("/").map(encodeURIComponent).join("/");
}

function errorText(body: unknown): string {
  const errors = field(body, "errors");
  return Array.isArray(errors) ? errors.map(String).join("; ") : "";
}

/** Vault answers a missing secret with an empty list of errors; a proxy or another server does not. */
function isKvAnswer(body: unknown): boolean {
  return Array.isArray(field(body, "errors"));
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Object.getOwnPropertyDescriptor(value, name)?.value : undefined;
}

function isStrings(value: unknown): value is Record<string, string> {
  return typeof value === "object" && value !== null && Object.values(value).every((item) => typeof item === "string");
}

function sameData(one: Readonly<Record<string, string>>, other: Readonly<Record<string, string>>): boolean {
  const names = Object.keys(one);
  return names.length === Object.keys(other).length && names.every((name) => one[name] === other[name]);
}
