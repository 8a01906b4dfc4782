/** The signed statement "this transaction is tenant X", which a pooled application presents to its cell's database. */
import { createHmac } from "node:crypto";

/** The cell's signing key, as the secret `cells/<cell>/context` holds it. */
export interface ContextKey {
  readonly kid: string;
  /** 32 bytes as 64 hex digits. */
  readonly key: string;
}

export interface ContextOptions {
  /** How long the context may be used. A transaction that runs longer is refused at its next statement. */
  readonly expiresInSeconds: number;
  /** Milliseconds since 1970; now unless given. */
  readonly now?: number;
}

/** `kid.tenant.expiry.mac`: expiry in seconds since 1970, mac = HMAC-SHA-256 over what stands before it, in hex. */
export function signContext({ kid, key }: ContextKey, tenantId: string, options: ContextOptions): string {
  if (!/^[0-9a-f]{64}$/.test(key)) throw new Error("a signing key is 32 bytes as 64 lower-case hex digits");
  if (!KID.test(kid)) throw new Error(`${kid} is no kid; it is 1 to 32 of a-z, 0-9, _ and -`);
  if (!UUID.test(tenantId)) throw new Error(`${tenantId} is no tenant id; it is a UUID in lower case`);
  if (!(options.expiresInSeconds > 0 && options.expiresInSeconds < Infinity))
    throw new Error("expiresInSeconds must be a number above 0");
  const expiry = Math.ceil((options.now ?? Date.now()) / 1000 + options.expiresInSeconds);
  const statement = `${kid}.${tenantId}.${expiry}`;
  const mac = createHmac("sha256", Buffer.from(key, "hex")).update(statement).digest("hex");
  return `${statement}.${mac}`;
}

const KID = /^[a-z0-9_-]{1,32}$/;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
