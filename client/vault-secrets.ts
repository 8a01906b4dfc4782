/** Secrets from Vault's KV version 2 engine. Source: Vault's "KV secrets engine - version 2 (API)", "Read secret version". */
import { OptionRefused, SecretUnavailable } from "./errors";
import { isSecretValues, type Secrets } from "./secrets";

export interface VaultSecretsOptions {
  /** `https://vault.example.com:8200`. */
  readonly address: string;
  /** A token, or what gives the one of now: called for each read, so that a renewed or a new token is used at once. */
  readonly token: string | (() => string | Promise<string>);
  /** Path of the engine. @default "secret" */
  readonly mount?: string;
  /** Vault Enterprise and HCP alone. */
  readonly namespace?: string;
  /** How long one read may take. @default 5000 */
  readonly timeoutMs?: number;
}

/**
 * Reads `<address>/v1/<mount>/data/<path>`; the token needs `read` on the paths of the cells and tenants that it serves.
 * @throws OptionRefused for an address that is no http(s) URL.
 */
export function vaultSecrets(options: VaultSecretsOptions): Secrets {
  const { address, token, mount = "secret", namespace, timeoutMs = 5_000 } = options;
  if (!URL.canParse(address) || !/^https?:$/.test(new URL(address).protocol)) {
    throw new OptionRefused("the address of Vault is no URL; write one such as https://vault.example.com:8200");
  }
  const base = `${address.replace(/\/+$/, "")}/v1/${escapePath(mount)}/data`;
  return async (path) => {
    const headers = {
      "x-vault-token": typeof token === "function" ? await token() : token,
      "x-vault-request": "true",
      ...(namespace === undefined ? {} : { "x-vault-namespace": namespace }),
    };
    const signal = AbortSignal.timeout(timeoutMs);
    const answer = await fetch(`${base}/${escapePath(path)}`, { headers, signal, redirect: "error" });
    const body: unknown = await answer.json().catch(() => undefined); // a proxy's page: the status says enough
    if (answer.status === 404) return undefined;
    if (!answer.ok) throw new SecretUnavailable(path, refusal(answer.status, address));
    const values = field(field(body, "data"), "data");
    if (!isSecretValues(values))
      throw new SecretUnavailable(path, `${mount}/ in Vault at ${address} is no KV version 2 engine`);
    return values;
  };
}

function refusal(status: number, address: string): string {
  if (status === 403)
    return `Vault at ${address} denies it: the token must be valid, and its policy must allow to read it`;
  if (status === 503) return `Vault at ${address} is sealed`;
  return `Vault at ${address} answers with status ${status}`;
}

const escapePath = (path: string) =>
  path
    .replace(/^\/+|\/+$/g, "")
    .split("/")
    .map(encodeURIComponent)
    .join("/");

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Object.getOwnPropertyDescriptor(value, name)?.value : undefined;
}
