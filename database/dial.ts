/** Private servers are reached through a tunnel: another address is dialled, while TLS verifies the server's own name. */
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { TenantryError } from "../registry/errors";
import { dialVariable } from "../registry/names";
import { ProxiedSocket, proxyFor } from "./socks";

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** What `TENANTRY_DIAL_<CELL>` says, or nothing. @throws TenantryError TN-303 when it is no `host:port`. */
export function dialAddress(cell: string, env: NodeJS.ProcessEnv): Address | undefined {
  const variable = dialVariable(cell);
  const text = env[variable];
  if (text === undefined || text === "") return undefined;
  const [, bracketed, plain, digits] = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:[\]]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  const port = Number(digits);
  if (host === undefined || !(port >= 1 && port <= 65535)) {
    throw new TenantryError(
      "TN-303",
      `${variable}=${text} is no address to dial; allowed is host:port, type for example ${variable}=127.0.0.1:15432`,
    );
  }
  return { host, port };
}

/** Another way to a server than straight to its address. */
export interface Way {
  /** What is dialled, for messages. */
  readonly dialled: Address;
  /** For `pg`: a socket in place of one of its own, which connects there when it is told to connect. TLS above it keeps its name. */
  readonly socket: () => Duplex;
}

/**
 * The way to a cell's server: what `TENANTRY_DIAL_<CELL>` names, else through the SOCKS5 proxy of ALL_PROXY; nothing when it is
 * straight. @throws TenantryError TN-303
 */
export function wayTo(cell: string, server: Address, env: NodeJS.ProcessEnv): Way | undefined {
  const tunnel = dialAddress(cell, env);
  if (tunnel !== undefined) return { dialled: tunnel, socket: () => socketTo(tunnel) };
  const proxy = proxyFor(server.host, env);
  return proxy === undefined ? undefined : { dialled: proxy, socket: () => new ProxiedSocket(proxy, server) };
}

/** Connects to `address`, whatever it is told. */
function socketTo(address: Address): Duplex {
  return new (class extends Socket {
    override connect(...args: unknown[]): this {
      const listener = args.at(-1);
      return super.connect(address.port, address.host, typeof listener === "function" ? () => listener() : undefined);
    }
  })();
}
