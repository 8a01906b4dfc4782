/**
 * Conditions of a statement. Source: IAM User Guide, "IAM JSON policy elements: Condition operators" and "Set operators for multivalued
 * context keys".
 */
import type { Context } from "./context";
import { type Filled, fill, IamError, lowerCased, matches, parseText, splitFilled, type Text } from "./text";

interface Comparison {
  readonly compare: (got: string, wanted: Filled) => boolean;
  readonly negated: boolean;
  readonly syntax: { readonly wildcards: boolean; readonly variables: boolean };
}

export interface Condition {
  /** As it is written, for messages. */
  readonly operator: string;
  readonly key: string;
  readonly comparison: Comparison | "Null";
  readonly set: "all" | "any" | undefined;
  readonly ifExists: boolean;
  readonly values: readonly Text[];
}

const EXACT = { wildcards: false, variables: true };
const PATTERN = { wildcards: true, variables: true };
/** Variables mean nothing to these, and a text with one would be no number. */
const PLAIN = { wildcards: false, variables: false };
const ARN_PARTS = 6;

const ignoringCase = (got: string, wanted: Filled) => matches(lowerCased(wanted), got.toLowerCase());

/** Part by part: a wildcard does not reach over a colon, except in the last of the six. */
function arnLike(got: string, wanted: Filled): boolean {
  const patterns = splitFilled(wanted, ARN_PARTS);
  const parts = splitFilled([...got], ARN_PARTS).map((part) => part.map(String).join(""));
  return patterns.length === parts.length && patterns.every((pattern, at) => matches(pattern, parts[at] ?? ""));
}

const numeric = (test: (got: number, wanted: number) => boolean) => (got: string, wanted: Filled) =>
  got.trim() !== "" && test(Number(got), Number(wanted.map(String).join("")));

const pairOf = (name: string, compare: Comparison["compare"], syntax: Comparison["syntax"]) => {
  const negation = name.replace(/^(String|Numeric|Arn)/, "$1Not");
  return { [name]: { compare, syntax, negated: false }, [negation]: { compare, syntax, negated: true } };
};
const one = (compare: Comparison["compare"]) => ({ compare, syntax: PLAIN, negated: false });

const COMPARISONS: Readonly<Record<string, Comparison>> = {
  ...pairOf("StringEquals", matchesExactly, EXACT),
  ...pairOf("StringEqualsIgnoreCase", ignoringCase, EXACT),
  ...pairOf("StringLike", matchesExactly, PATTERN),
  ...pairOf("ArnEquals", arnLike, PATTERN),
  ...pairOf("ArnLike", arnLike, PATTERN),
  ...pairOf(
    "NumericEquals",
    numeric((got, wanted) => got === wanted),
    PLAIN,
  ),
  NumericLessThan: one(numeric((got, wanted) => got < wanted)),
  NumericLessThanEquals: one(numeric((got, wanted) => got <= wanted)),
  NumericGreaterThan: one(numeric((got, wanted) => got > wanted)),
  NumericGreaterThanEquals: one(numeric((got, wanted) => got >= wanted)),
  Bool: one(ignoringCase),
};

function matchesExactly(got: string, wanted: Filled): boolean {
  return matches(wanted, got);
}

const OPERATOR = /^(?:(ForAllValues|ForAnyValue):)?(\w+?)(IfExists)?$/;

/** @throws IamError for an operator that is not in the table, or a value that it cannot compare. */
export function parseCondition(
  operator: string,
  key: string,
  values: readonly string[],
  variables: boolean,
): Condition {
  const [, set, name = "", ifExists] = OPERATOR.exec(operator) ?? [];
  const comparison = name === "Null" ? name : Object.hasOwn(COMPARISONS, name) ? COMPARISONS[name] : undefined;
  if (comparison === undefined || (name === "Null" && (set !== undefined || ifExists !== undefined)))
    throw new IamError(`the operator ${operator} is not understood here`);
  if (values.length === 0) throw new IamError(`${operator} on ${key} compares with nothing`);
  const wrong = values.find((value) => !isComparable(name, value));
  if (wrong !== undefined) throw new IamError(`${operator} on ${key} cannot compare with ${wrong}`);
  const syntax = comparison === "Null" ? PLAIN : comparison.syntax;
  return {
    operator,
    key: key.toLowerCase(),
    comparison,
    set: set === "ForAllValues" ? "all" : set === "ForAnyValue" ? "any" : undefined,
    ifExists: ifExists !== undefined,
    values: values.map((value) => parseText(value, { ...syntax, variables: variables && syntax.variables })),
  };
}

function isComparable(name: string, value: string): boolean {
  if (name === "Null" || name === "Bool") return /^(true|false)$/i.test(value);
  return !name.startsWith("Numeric") || /^-?\d+(\.\d+)?$/.test(value);
}

/** @throws IamError where IAM's pages do not say what happens. */
export function holds({ operator, key, comparison, set, ifExists, values }: Condition, context: Context): boolean {
  const got = context.get(key);
  const filled = values.map((value) => fill(value, context));
  if (comparison === "Null") return filled.some((wanted) => wanted && ignoringCase(String(isMissing(got)), wanted));
  if (isMissing(got)) {
    // `ForAllValues` holds for an empty set, and an empty text is one; a negated operator holds for a key that is not there.
    return ifExists || set === "all" || (set === undefined && comparison.negated);
  }
  if (set === undefined && typeof got === "object")
    throw new IamError(`${operator} on ${key}, which may have many values: write ForAllValues or ForAnyValue`);
  if (comparison.negated && filled.includes(undefined))
    throw new IamError(`${operator} on ${key} compares with a variable that has no value`);
  const isOne = (value: string) => filled.some((wanted) => wanted !== undefined && comparison.compare(value, wanted));
  const passes = (value: string) => isOne(value) !== comparison.negated;
  const all = [got ?? []].flat();
  if (set === "any") return all.some((value) => value !== "" && passes(value));
  return all.every((value) => (set === "all" && value === "") || passes(value));
}

const isMissing = (got: string | readonly string[] | undefined): boolean =>
  got === undefined || (got.length === 0 && typeof got === "object");
