/** The request context: condition keys and their values. Names of keys are not case-sensitive, those of tags included. */

/** By the key in lower case. A list is the value of a key that may have many. A key that the request does not have is left out. */
export type Context = ReadonlyMap<string, string | readonly string[]>;

export type Keys = Readonly<Record<string, string | readonly string[]>>;

/** @throws Error when two keys differ in case alone: no request has both. */
export function contextOf(...all: readonly Keys[]): Context {
  const entries = all.flatMap((keys) => Object.entries(keys));
  const context = new Map(entries.map(([key, value]) => [key.toLowerCase(), value]));
  if (context.size < entries.length) throw new Error(`a key is there twice: ${entries.map(([key]) => key).join(", ")}`);
  return context;
}
