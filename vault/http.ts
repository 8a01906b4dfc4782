/** JSON over HTTP to one Vault: connections are kept and bounded, passing failures are tried again. */
import http from "node:http";
import https from "node:https";
import { setTimeout as delay } from "node:timers/promises";
import { VaultError } from "./errors";

export interface VaultAddress {
  /** `https://vault.example.com:8200`. */
  readonly address: string;
  readonly token: string;
  /** Vault Enterprise and HCP alone. */
  readonly namespace?: string;
}

export interface Answer {
  readonly status: number;
  /** The JSON body; undefined when there is none, or none that is JSON. */
  readonly body: unknown;
  /** Requests that were sent for this answer. From 2 on, an earlier one may have been carried out. */
  readonly attempts: number;
}

export type Method = "GET" | "POST" | "DELETE";

/** As many writes at once as a small Vault serves without queueing. */
const CONNECTIONS = 16;
const TIMEOUT_MS = 10_000;
/** Pauses before the second, third and fourth attempt: long enough for a leader election to end or be reported. */
const PAUSES_MS = [100, 400, 1_500];
/** Once a call has given up, others fail at once for this long: thousands of tenants do not each wait for a Vault that is down. */
const DOWN_MS = 5_000;
/** 412: a replica has not seen the write yet; 429: rate limit; 5xx: a node is restarting. 501 and 503 are for an operator. */
const PASSING = new Set([412, 429, 500, 502, 504]);
/** What Vault answers, with status 400, for the moment in which a new mount of KV version 2 is made ready. */
const PREPARING = /Upgrading from non-versioned to versioned data/;

export class VaultHttp {
  readonly #base: URL;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #agent: http.Agent;
  #down: { readonly until: number; readonly error: VaultError } | undefined;

  /** @throws VaultError TN-402 for an address that is no http(s) URL, TN-401 for an empty token. */
  constructor(private readonly vault: VaultAddress) {
    this.#base = parseAddress(vault.address);
    if (!vault.token) {
      throw new VaultError(
        "TN-401",
        "no Vault token: set VAULT_TOKEN, for example `export VAULT_TOKEN=$(vault print token)`",
      );
    }
    const namespace = vault.namespace ? { "x-vault-namespace": vault.namespace } : {};
    this.#headers = { "x-vault-token": vault.token, "x-vault-request": "true", ...namespace };
    const options = { keepAlive: true, maxSockets: CONNECTIONS };
    this.#agent = this.#base.protocol === "https:" ? new https.Agent(options) : new http.Agent(options);
  }

  /** Sends until an answer is final. `path` follows `/v1/` and is escaped already. @throws VaultError TN-402. */
  async send(method: Method, path: string, body?: unknown): Promise<Answer> {
    for (let attempts = 1; ; attempts++) {
      if (this.#down && Date.now() < this.#down.until) throw this.#down.error;
      const pause = PAUSES_MS[attempts - 1];
      try {
        const answer = await this.#once(method, path, body);
        if (pause === undefined || !isPassing(answer)) return { ...answer, attempts };
      } catch (error) {
        if (pause === undefined) {
          this.#down = { until: Date.now() + DOWN_MS, error: unreachable(this.vault.address, error) };
          throw this.#down.error;
        }
      }
      await delay(pause);
    }
  }

  #once(method: Method, path: string, body: unknown): Promise<{ status: number; body: unknown }> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const headers = {
      ...this.#headers,
      ...(text && { "content-type": "application/json", "content-length": Buffer.byteLength(text) }),
    };
    const url = new URL(`v1/${path}`, this.#base);
    const client = this.#base.protocol === "https:" ? https : http;
    return new Promise((resolve, reject) => {
      const request = client.request(url, { method, headers, agent: this.#agent, timeout: TIMEOUT_MS }, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () => resolve({ status: response.statusCode ?? 0, body: parseJson(Buffer.concat(chunks)) }));
      });
      request.on("timeout", () => request.destroy(new Error(`no answer in ${TIMEOUT_MS / 1000} s`)));
      request.on("error", reject);
      request.end(text);
    });
  }
}

const isPassing = ({ status, body }: Omit<Answer, "attempts">): boolean =>
  PASSING.has(status) || (status === 400 && PREPARING.test(JSON.stringify(body) ?? ""));

function parseAddress(address: string): URL {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.search) {
    throw new VaultError(
      "TN-402",
      "the Vault address is not a URL such as https://vault.example.com:8200: correct tenantry:vaultAddress",
    );
  }
  return url.pathname.endsWith("/") ? url : new URL(`${url.href}/`);
}

function parseJson(body: Buffer): unknown {
  if (body.length === 0) return undefined;
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    return undefined; // a proxy's HTML page: the status says enough
  }
}

function unreachable(address: string, error: unknown): VaultError {
  const { code, message } = error as NodeJS.ErrnoException;
  const what = code ?? message;
  const advice = /CERT|SELF_SIGNED|UNABLE_TO/.test(what)
    ? "give its certificate authority in NODE_EXTRA_CA_CERTS"
    : "check the address (tenantry:vaultAddress) and that Vault runs";
  return new VaultError("TN-402", `Vault at ${address} does not answer (${what}): ${advice}`);
}
