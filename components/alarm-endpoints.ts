/** Where alarms go, as the stack's configuration writes it. Pure. */
import { createHash } from "node:crypto";

const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

export interface AlarmEndpoint {
  /** Tells endpoints apart, without what may be a secret in an address. */
  readonly name: string;
  readonly protocol: "email" | "https";
  readonly address: string;
}

export const isAlarmEndpoint = (text: string): boolean =>
  EMAIL.test(text) || (URL.canParse(text) && new URL(text).protocol === "https:");

/** Of an e-mail address, or of the https:// address of a service that takes messages of SNS. */
export function alarmEndpointOf(address: string): AlarmEndpoint {
  if (EMAIL.test(address)) return { name: address, protocol: "email", address };
  const digest = createHash("sha256").update(address).digest("hex").slice(0, 8);
  return { name: `${new URL(address).hostname}-${digest}`, protocol: "https", address };
}
