/** IAM policy documents, wherever they stand in the inputs of a resource. */
import { isValues, listOf, UNKNOWN, type Values, valuesOf } from "./plain";

export interface Document {
  /** Where it stands: `policy`, `inlinePolicies.0.policy`. */
  readonly path: string;
  readonly statements: readonly Values[];
}

/** All documents in the inputs: texts and records that have statements. */
export function documentsIn(props: Values): readonly Document[] {
  return Object.entries(props).flatMap(([name, value]) => search(value, name));
}

function search(value: unknown, path: string): readonly Document[] {
  const opened = typeof value === "string" ? parse(value) : value;
  if (Array.isArray(opened)) return opened.flatMap((item, at) => search(item, `${path}.${at}`));
  if (!isValues(opened)) return [];
  if (Object.hasOwn(opened, "Statement")) return [{ path, statements: listOf(opened.Statement).map(valuesOf) }];
  return Object.entries(opened).flatMap(([name, inner]) => search(inner, `${path}.${name}`));
}

/** Text that is no JSON is no document; the service refuses it where it wants one. */
function parse(text: string): unknown {
  if (!/^\s*\{/.test(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The texts of an element that takes one or many. */
export const textsOf = (element: unknown): readonly string[] =>
  listOf(element)
    .filter((item) => typeof item === "string" || item === UNKNOWN)
    .map(String);

/** Every principal of a statement, as text: `*`, ARNs, account numbers, services, federations. */
export function principalsOf({ Principal: principal }: Values): readonly string[] {
  return isValues(principal) ? Object.values(principal).flatMap(textsOf) : textsOf(principal);
}
