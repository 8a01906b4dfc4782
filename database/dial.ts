/** Private servers are reached through a tunnel: another address is dialled, while TLS verifies the server's own name. */
import { Socket } from "node:net";
import { TenantryError } from "../registry/errors";
import { dialVariable } from "../registry/names";

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

/** A socket that connects to `address`, whatever it is told. The TLS layer above keeps the name that it was given. */
export function dialledSocket(address: Address): Socket {
  return new (class extends Socket {
    override connect(...args: unknown[]): this {
      const listener = args.at(-1);
      return super.connect(address.port, address.host, typeof listener === "function" ? () => listener() : undefined);
    }
  })();
}
