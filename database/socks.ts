/** A way into private networks that serves all cells at once: a SOCKS5 proxy, as `ssh -D` opens one (RFC 1928). */
import { Socket } from "node:net";
import { Duplex } from "node:stream";
import { TenantryError } from "../registry/errors";
import type { Address } from "./dial";

const VERSION = 5;
const NO_PASSWORD = 0;
const CONNECT = 1;
const BY_NAME = 3;
/** Bytes of the address in an answer, by its kind: IPv4 and IPv6. A name tells its own length. */
const ADDRESS_BYTES: Readonly<Record<number, number>> = { 1: 4, 4: 16 };
const REFUSALS = [
  "",
  "the proxy failed",
  "the proxy's rules forbid it",
  "the network cannot be reached",
  "the server cannot be reached",
  "the server refused the connection",
  "it took too long",
  "the proxy cannot connect",
  "the proxy knows no such address",
];

/**
 * The proxy that ALL_PROXY names, unless NO_PROXY excepts the host or it is this machine. Other programs read the same variables,
 * the postgresql provider of Pulumi among them; proxies of other kinds are for them and not for us.
 * @throws TenantryError TN-303 for a SOCKS5 proxy that cannot be used
 */
export function proxyFor(host: string, env: NodeJS.ProcessEnv): Address | undefined {
  const text = env.ALL_PROXY || env.all_proxy;
  if (!text || !URL.canParse(text) || !/^socks5h?:$/.test(new URL(text).protocol)) return undefined;
  if (isLoopback(host) || isExcepted(host, env.NO_PROXY || env.no_proxy || "")) return undefined;
  const { hostname, port, username } = new URL(text);
  if (username !== "") {
    throw new TenantryError(
      "TN-303",
      "ALL_PROXY has a user name; allowed is a SOCKS5 proxy that asks for none: ALL_PROXY=socks5h://127.0.0.1:1080",
    );
  }
  return { host: hostname.replace(/^\[|\]$/g, ""), port: Number(port || 1080) };
}

const isLoopback = (host: string): boolean => /^(localhost|127\.[\d.]+|::1)$/.test(host);

const isExcepted = (host: string, list: string): boolean =>
  list
    .split(",")
    .map((entry) => entry.trim().replace(/^\*?\./, "."))
    .some((entry) => entry === host || entry === "*" || (entry.startsWith(".") && host.endsWith(entry)));

/** A connection to `server` through the proxy, which looks the name up. It begins when it is told to connect, as a socket does. */
export class ProxiedSocket extends Duplex {
  private readonly toProxy = new Socket();
  private stage: "greeting" | "connecting" | "through" = "greeting";
  private heard = Buffer.alloc(0);

  constructor(
    private readonly proxy: Address,
    private readonly server: Address,
  ) {
    super();
    this.toProxy
      .on("connect", () => this.toProxy.write(Uint8Array.of(VERSION, 1, NO_PASSWORD)))
      .on("data", (data) => this.hear(data))
      .on("end", () => this.push(null))
      .on("error", (error) => this.fail(error.message))
      .on("close", () => this.destroy());
  }

  connect(): this {
    this.toProxy.connect(this.proxy.port, this.proxy.host);
    return this;
  }

  setNoDelay(on?: boolean): this {
    this.toProxy.setNoDelay(on);
    return this;
  }

  setKeepAlive(on?: boolean, delayMs?: number): this {
    this.toProxy.setKeepAlive(on, delayMs);
    return this;
  }

  override _read(): void {
    this.toProxy.resume();
  }

  override _write(data: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.toProxy.write(data, done);
  }

  override _final(done: () => void): void {
    this.toProxy.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    // Only when the proxy's end is closed too: a TLS layer above tells first why it gave up.
    if (this.toProxy.closed) done(error);
    else this.toProxy.once("close", () => done(error)).destroy();
  }

  private hear(data: Buffer): void {
    if (this.stage === "through") {
      if (!this.push(data)) this.toProxy.pause();
      return;
    }
    this.heard = Buffer.concat([this.heard, data]);
    if (this.stage === "greeting" && this.heard.length >= 2) this.ask();
    if (this.stage === "connecting") this.conclude();
  }

  private ask(): void {
    const [version, method] = this.heard;
    if (version !== VERSION || method !== NO_PASSWORD) {
      this.fail("it is no SOCKS5 proxy, or asks for a password");
      return;
    }
    this.heard = this.heard.subarray(2);
    this.stage = "connecting";
    const name = Buffer.from(this.server.host);
    const port = Buffer.alloc(2);
    port.writeUInt16BE(this.server.port);
    this.toProxy.write(Buffer.concat([Uint8Array.of(VERSION, CONNECT, 0, BY_NAME, name.length), name, port]));
  }

  private conclude(): void {
    const [, refusal, , kind, nameBytes] = this.heard;
    if (refusal === undefined || kind === undefined || nameBytes === undefined) return;
    if (refusal !== 0) {
      this.fail(REFUSALS[refusal] ?? `it refused with ${refusal}`);
      return;
    }
    const end = 4 + (ADDRESS_BYTES[kind] ?? 1 + nameBytes) + 2;
    if (this.heard.length < end) return;
    this.stage = "through";
    if (this.heard.length > end) this.push(this.heard.subarray(end));
    this.emit("connect");
  }

  private fail(reason: string): void {
    this.destroy(new Error(`the proxy at ${this.proxy.host}:${this.proxy.port}: ${reason}`));
  }
}
