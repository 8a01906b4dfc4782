/**
 * Texts of IAM policies: letters, wildcards, and variables that a request fills. Source: IAM User Guide, "IAM policy elements: Variables
 * and tags".
 */
import type { Context } from "./context";

/** A policy that IAM would not take, that says more than is understood here, or whose meaning IAM's pages leave open. */
export class IamError extends Error {}

const MANY: unique symbol = Symbol("*");
const ONE: unique symbol = Symbol("?");
type Wildcard = typeof MANY | typeof ONE;

interface Variable {
  readonly variable: string;
  readonly fallback?: string;
}

/** As it is written. Texts between wildcards and variables are single characters: code points, not bytes. */
export type Text = readonly (string | Wildcard | Variable)[];
/** With the values of a request. */
export type Filled = readonly (string | Wildcard)[];

export interface Syntax {
  /** Whether `${...}` means anything: it does in documents of the version 2012-10-17. */
  readonly variables: boolean;
  /** Whether `*` and `?` are wildcards. */
  readonly wildcards: boolean;
}

const PART = /\$\{([^}]*)\}|\$\{|[\s\S]/gu;
const NAME = /^([a-z0-9-]+:[^,']+)(?:, '([^']*)')?$/i;

/** @throws IamError for a variable that does not end, or has no name. */
export function parseText(text: string, { variables, wildcards }: Syntax): Text {
  const wild: Readonly<Record<string, Wildcard>> = wildcards ? { "*": MANY, "?": ONE } : {};
  if (!variables) return [...text].map((letter) => wild[letter] ?? letter);
  return [...text.matchAll(PART)].map(([part, inside]) => {
    if (inside === undefined && part === "$" + "{") throw new IamError(`${text}: a variable does not end`);
    return inside === undefined ? (wild[part] ?? part) : parseVariable(inside, text);
  });
}

function parseVariable(inside: string, text: string): string | Variable {
  if (["*", "?", "$"].includes(inside)) return inside;
  const [, variable, fallback] = NAME.exec(inside) ?? [];
  if (variable === undefined) throw new IamError(`${text}: "${inside}" is no name of a variable`);
  return { variable, ...(fallback !== undefined && { fallback }) };
}

/** The text for one request: values are taken letter by letter, so that a `*` in one is a star. Nothing where a value is missing. */
export function fill(text: Text, context: Context): Filled | undefined {
  if (isFilled(text)) return text;
  const parts = text.map((part): Filled | undefined => (typeof part === "object" ? lettersOf(part, context) : [part]));
  return parts.includes(undefined) ? undefined : parts.flatMap((part) => part ?? []);
}

/** Most texts have no variable, and are asked thousands of times. */
const isFilled = (text: Text): text is Filled => text.every((part) => typeof part !== "object");

/** A key with many values cannot be a variable ("Single-valued vs. multivalued context keys"). */
function lettersOf({ variable, fallback }: Variable, context: Context): readonly string[] | undefined {
  const value = context.get(variable.toLowerCase()) ?? fallback;
  if (typeof value === "object") throw new IamError(`${variable} may have many values and cannot be a variable`);
  return value === undefined ? undefined : [...value];
}

/** Whether the whole of a value is what the text says: `?` is one character, `*` any number. */
export function matches(text: Filled, value: string): boolean {
  const letters = [...value];
  let [at, read, star, resume] = [0, 0, -1, 0];
  while (read < letters.length) {
    const part = text[at];
    if (part === MANY) {
      [star, resume] = [at, read];
      at += 1;
    } else if (part === ONE || (part !== undefined && part === letters[read])) {
      at += 1;
      read += 1;
    } else if (star >= 0) {
      resume += 1;
      [at, read] = [star + 1, resume];
    } else return false;
  }
  return text.slice(at).every((part) => part === MANY);
}

/** The parts between colons; the last of `count` keeps the colons that are left, as ARNs do. */
export function splitFilled(text: Filled, count: number): readonly Filled[] {
  const at = text.indexOf(":");
  if (at === -1 || count === 1) return [text];
  return [text.slice(0, at), ...splitFilled(text.slice(at + 1), count - 1)];
}

export const lowerCased = (text: Filled): Filled =>
  text.map((part) => (typeof part === "string" ? part.toLowerCase() : part));
