/** How the engine wraps values on their way to a provider written in TypeScript. Opened here and nowhere else. */

const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";
const OUTPUT_VALUE = "d0e6a833031e9bbcd3f4e8bde6ca49a4";
/** Stands for a value that is known only after `up`. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

export type Props = Readonly<Record<string, unknown>>;

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The plain value, at any depth. What is opened must never be given back to the engine: it would be stored in plain text. */
export function open(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(open);
  if (!isRecord(value)) return value;
  const signature = value[SIGNATURE];
  if (signature === SECRET) return open(value.value);
  if (signature === OUTPUT_VALUE) return "value" in value ? open(value.value) : UNKNOWN;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, open(each)]));
}
