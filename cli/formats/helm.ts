/** Values of a Helm chart. They are kept in files and in the cluster, so they hold no password. Pure. */
import { stringify } from "yaml";
import type { Facts } from "./facts";
import { type NamingOptions, named, parseNaming, usualWord } from "./naming";

const RULES = {
  format: "helm",
  prefix: "database.",
  usual: usualWord,
  allowed: /^[A-Za-z_][\w-]*(\.[A-Za-z_][\w-]*)*$/,
  words: "words joined by dots, such as database.schema",
  nests: true,
};

type Values = Map<string, string | number | Values>;

export function renderHelm(facts: Facts, naming: NamingOptions): string {
  const values: Values = new Map();
  for (const [path, value] of named(facts, parseNaming(naming, RULES))) {
    put(values, path.split("."), value === facts.port ? Number(value) : value);
  }
  return stringify(values).trimEnd();
}

/** No path leads through another one: their names were checked. */
function put(values: Values, [word = "", ...rest]: readonly string[], value: string | number): void {
  if (rest.length === 0) {
    values.set(word, value);
    return;
  }
  const found = values.get(word);
  const below: Values = found instanceof Map ? found : new Map();
  values.set(word, below);
  put(below, rest, value);
}
