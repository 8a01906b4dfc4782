/** A cell's signing key, as Vault holds it and as `tenantry.keys` does. */
import { randomBytes } from "node:crypto";

/** The kid of the first key of a cell. */
export const FIRST_KID = "k1";
/** What `tenantry.rotations` calls the key. */
export const KEY_SUBJECT = "context";

export interface ContextPads {
  readonly inner: Buffer;
  readonly outer: Buffer;
}

/** 32 bytes as hex. */
export const drawKey = (): string => randomBytes(32).toString("hex");

/** The two pads of HMAC-SHA-256 (RFC 2104): the key with zeros to the block size, XOR 0x36 and XOR 0x5c. `key`: 32 bytes as hex. */
export function contextPads(key: string): ContextPads {
  if (!/^[0-9a-f]{64}$/.test(key)) throw new Error("a signing key is 32 bytes as 64 lower-case hex digits");
  const block = Buffer.alloc(64);
  block.write(key, "hex");
  const pad = (mask: number) => Buffer.from(block.map((byte) => byte ^ mask));
  return { inner: pad(0x36), outer: pad(0x5c) };
}
