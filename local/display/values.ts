/** Property values as people read them. Secrets and unknowns are never spelled out. */
import { UNKNOWN } from "../provider";
import { isSecret, mapValue } from "../wire";

const LONGEST = 120;

/** JSON-like, on one line; cut to what fits unless `full`. */
export function renderValue(value: unknown, full: boolean): string {
  if (isSecret(value)) return "[secret]";
  if (value === UNKNOWN) return "[known after up]";
  const text = JSON.stringify(hideSecrets(value)) ?? "null";
  return full || text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}...`;
}

/** The value with words in the place of secrets and unknowns: for JSON output. */
export function hideSecrets(value: unknown): unknown {
  return mapValue(value, (leaf) => (isSecret(leaf) ? "[secret]" : leaf === UNKNOWN ? "[known after up]" : leaf));
}
