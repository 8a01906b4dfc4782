/** Inputs as plain data. The policy SDK throws when a value that is known only after `up` is read; here such a value is a mark. */
import { UnknownValueError } from "@pulumi/policy";

/** In the place of a value that is known only after `up`. Rules pass it: the engine asks again when it is known. */
export const UNKNOWN: unique symbol = Symbol("known only after up");

/** A deep copy of what the policy SDK hands to a rule. */
export function plain(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  const members = Object.keys(value).map((key) => [key, member(value, key)] as const);
  return Array.isArray(value) ? members.map(([, item]) => item) : Object.fromEntries(members);
}

function member(value: object, key: string): unknown {
  try {
    return plain(Reflect.get(value, key));
  } catch (error) {
    if (error instanceof UnknownValueError) return UNKNOWN;
    throw error;
  }
}

export type Values = Readonly<Record<string, unknown>>;

export const isValues = (value: unknown): value is Values =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Of a record that is not known yet no member is. */
const ALL_UNKNOWN: Values = new Proxy({}, { get: () => UNKNOWN });

/** The record; an empty one for anything else. */
export const valuesOf = (value: unknown): Values => (value === UNKNOWN ? ALL_UNKNOWN : isValues(value) ? value : {});

/** The list; a single value is a list of one, nothing an empty one. */
export const listOf = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? value : value === undefined || value === null ? [] : [value];

/** True also for a value that is not known yet. */
export const isOrMayBe = (value: unknown, expected: unknown): boolean => value === expected || value === UNKNOWN;

/** True for a text that is there, or may be. */
export const isGiven = (value: unknown): boolean => value === UNKNOWN || (typeof value === "string" && value !== "");
