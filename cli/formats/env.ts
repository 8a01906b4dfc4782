/** Variables of an environment: for `.env` files, for shells. Pure. */
import type { Facts } from "./facts";
import { type NamingOptions, named, parseNaming, usualVariable } from "./naming";

const RULES = {
  format: "env",
  prefix: "DATABASE_",
  usual: usualVariable,
  allowed: /^[A-Za-z_][A-Za-z0-9_]*$/,
  words: "letters, digits and underscores, such as DATABASE_SCHEMA",
};

/** `NAME=value`, one a line. */
export const renderEnv = (facts: Facts, naming: NamingOptions): string =>
  named(facts, parseNaming(naming, RULES))
    .map(([name, value]) => renderAssignment(name, value))
    .join("\n");

/** A value stands bare where no shell changes it: not every reader of `.env` files takes quotes off. */
export function renderAssignment(name: string, value: string): string {
  const bare = /^[\w./:@%+,=?-]*$/.test(value);
  return `${name}=${bare ? value : `'${value.replaceAll("'", `'\\''`)}'`}`;
}
