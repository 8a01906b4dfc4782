/** The part of IAM's evaluation that our documents use. What it does not know is an error, never a guess. */
import type { PolicyDocument, Statement } from "../../components/policy-document";

/** Condition keys with their values; those that a request does not have are left out. A list is a key of many values. */
export type Context = Readonly<Record<string, string | readonly string[]>>;

export interface Ask {
  readonly action: string;
  readonly resource: string;
  readonly context?: Context;
}

/** An explicit refusal anywhere wins; without a permission the answer is no. */
export function isAllowed(documents: readonly PolicyDocument[], ask: Ask): boolean {
  const matching = documents.flatMap(({ Statement }) => Statement).filter((statement) => matches(statement, ask));
  return matching.some(({ Effect }) => Effect === "Allow") && !matching.some(({ Effect }) => Effect === "Deny");
}

function matches({ Action, Resource, Condition = {} }: Statement, { action, resource, context = {} }: Ask): boolean {
  return (
    [Action].flat().some((pattern) => isLike(pattern, action, context)) &&
    [Resource ?? "*"].flat().some((pattern) => isLike(pattern, resource, context)) &&
    Object.entries(Condition).every(([operator, keys]) =>
      Object.entries(keys).every(([key, wanted]) => holds(operator, context[key], [wanted].flat(), context)),
    )
  );
}

type Test = (value: string, wanted: string, context: Context) => boolean;

const TESTS: Readonly<Record<string, Test>> = {
  StringEquals: (value, wanted, context) => filled(wanted, context) === value,
  StringLike: (value, wanted, context) => isLike(wanted, value, context),
  ArnLike: (value, wanted, context) => isLike(wanted, value, context),
  Bool: (value, wanted) => value === wanted,
  NumericLessThan: (value, wanted) => Number(value) < Number(wanted),
};

function holds(
  operator: string,
  got: string | readonly string[] | undefined,
  wanted: readonly string[],
  context: Context,
): boolean {
  if (operator === "Null") return String(got === undefined) === wanted[0];
  const values = [got ?? []].flat();
  // Holds for a key that is not there, too: that is why documents ask for the key first.
  if (operator === "StringNotEquals") return !values.some((value) => wanted.includes(value));
  const [name = "", set] = operator.split(":").reverse();
  const test = TESTS[name];
  if (test === undefined) throw new Error(`the operator ${operator} is not known here`);
  const one = (value: string) => wanted.some((each) => test(value, each, context));
  if (set === "ForAllValues") return values.every(one);
  return values.some(one);
}

/** IAM's wildcards: `?` is one character, `*` any number. What a variable holds is taken as it is; without it, nothing matches. */
function isLike(pattern: string, text: string, context: Context): boolean {
  const parts = pattern.split(/(\$\{[^}]+\})/).map((part) => {
    if (!part.startsWith("${")) return escaped(part).replaceAll("*", ".*").replaceAll("?", ".");
    const value = variableIn(part, context);
    return value === undefined ? undefined : escaped(value).replaceAll("*", "\\*").replaceAll("?", "\\?");
  });
  return !parts.includes(undefined) && new RegExp(`^${parts.join("")}$`, "s").test(text);
}

const escaped = (text: string) => text.replace(/[.+^${}()|[\]\\]/g, "\\$&");

const filled = (text: string, context: Context) =>
  text.replace(/\$\{[^}]+\}/g, (variable) => variableIn(variable, context) ?? variable);

function variableIn(variable: string, context: Context): string | undefined {
  const value = context[variable.slice(2, -1)];
  return typeof value === "string" ? value : undefined;
}
