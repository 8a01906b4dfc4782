/** TLS to a server: its certificate chain and its own name are checked, whatever address was dialled. */
import type { ConnectionOptions } from "node:tls";
import type { Connection } from "./types";

/**
 * What `pg` takes as `ssl`. It adds the connection's host as the name to check; a socket of ours below it knows none.
 * Without `ca`, the authorities that Node trusts count, and RDS's are not among them.
 */
export function tlsOf({ sslmode, ca }: Pick<Connection, "sslmode" | "ca">): ConnectionOptions | false {
  if (sslmode === "disable") return false;
  return { rejectUnauthorized: true, minVersion: "TLSv1.2", ...(ca === undefined ? {} : { ca }) };
}
