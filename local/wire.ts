/**
 * The values of the engine protocol. A secret is a record with a signature round its value, an unknown is a sentinel string.
 * Inside the engine and in its state, secrets stay wrapped; providers get them opened.
 */
import { isDeepStrictEqual } from "node:util";
import { TenantryError } from "../registry/errors";
import { type Props, UNKNOWN } from "./provider";

export const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";
const OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4";
const RESOURCE = "5cf8f73096256a8f31e491e813e4eb8e";

export interface Secret {
  readonly [SIGNATURE]: typeof SECRET;
  readonly value: unknown;
}

export function isRecord(value: unknown): value is Props {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export const secret = (value: unknown): Secret => ({ [SIGNATURE]: SECRET, value });

export const isSecret = (value: unknown): value is Secret => isRecord(value) && value[SIGNATURE] === SECRET;

/** Rebuilds a value from its leaves up; `leaf` sees secrets and primitives. Undefined members are dropped. */
export function mapValue(value: unknown, leaf: (value: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => mapValue(item, leaf) ?? null);
  if (!isRecord(value) || isSecret(value)) return leaf(value);
  const result: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(value)) {
    const mapped = mapValue(member, leaf);
    if (mapped !== undefined) result[key] = mapped;
  }
  return result;
}

/** The value without its secret wrappers, at any depth. */
export function open(value: unknown): unknown {
  return mapValue(value, (leaf) => (isSecret(leaf) ? open(leaf.value) : leaf));
}

export function openProps(props: Props): Props {
  const opened = open(props);
  return isRecord(opened) ? opened : {};
}

function containsSecret(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(containsSecret);
  return isSecret(value) || (isRecord(value) && Object.values(value).some(containsSecret));
}

export function containsUnknown(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(containsUnknown);
  return value === UNKNOWN || (isRecord(value) && Object.values(value).some(containsUnknown));
}

/** Equal once opened: making a value secret is no change. */
export const same = (left: unknown, right: unknown): boolean =>
  left === right || isDeepStrictEqual(open(left), open(right));

/** What the program sent: the wrappers of newer features become plain values, secrets and unknowns. */
function decode(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(decode);
  if (!isRecord(value)) return value;
  const signature = value[SIGNATURE];
  if (signature === undefined)
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, decode(member)]));
  if (signature === SECRET) return secret(decode(value.value));
  if (signature === RESOURCE) return value.id === "" ? UNKNOWN : (value.id ?? value.urn);
  if (signature === OUTPUT) {
    const plain = "value" in value ? decode(value.value) : UNKNOWN;
    return value.secret === true ? secret(plain) : plain;
  }
  throw new TenantryError(
    "TN-505",
    "assets and archives do not exist in the local engine; pass text or a path as a string",
  );
}

export function decodeProps(value: unknown): Props {
  const decoded = decode(value);
  return isRecord(decoded) ? decoded : {};
}

/** Makes secret in `outs` what is secret under the same key in `ins`: a provider gets values opened and gives them back so. */
export function annotate(outs: Props, ins: Props, also: readonly string[] = []): Props {
  const result: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(outs)) {
    if (value === undefined) continue;
    const marked = mark(
      mapValue(value, (leaf) => leaf),
      ins[key],
    );
    result[key] = also.includes(key) && !isSecret(marked) ? secret(marked) : marked;
  }
  return result;
}

function mark(out: unknown, input: unknown): unknown {
  if (isSecret(out) || !containsSecret(input)) return out;
  if (isRecord(out) && isRecord(input) && !isSecret(input)) return annotate(out, input);
  return secret(out);
}
