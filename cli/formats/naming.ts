/** What the facts are called where they are used: every deployment has names of its own. Pure. */
import { TenantryError } from "../../registry/errors";
import { FACTS, type Fact, type Facts } from "./facts";

export interface NamingOptions {
  /** Comes before each name that is not given in `names`. */
  readonly prefix?: string;
  /** `schema=DB_SCHEMA,port=`: an empty name leaves the fact out. */
  readonly names?: string;
}

export interface NamingRules {
  readonly format: string;
  readonly prefix: string;
  /** The name of a fact behind the prefix; undefined for one that is there only when it is given a name. */
  readonly usual: (fact: Fact) => string | undefined;
  readonly allowed: RegExp;
  /** What `allowed` says, and an example, in words. */
  readonly words: string;
}

/** Facts that stand for others have no name unless they are given one. */
const WORDS: Readonly<Partial<Record<Fact, string>>> = {
  host: "host",
  port: "port",
  database: "name",
  schema: "schema",
  sslmode: "sslmode",
  username: "username",
  password: "password",
  url: "url",
};
export const usualWord = (fact: Fact): string | undefined => WORDS[fact];
/** As variables of an environment are written. */
export const usualVariable = (fact: Fact): string | undefined => WORDS[fact]?.toUpperCase();

/** @throws TenantryError TN-606 for a fact that there is not, or a name that the format cannot have. */
export function parseNaming(options: NamingOptions, rules: NamingRules): (fact: Fact) => string | undefined {
  const prefix = options.prefix ?? rules.prefix;
  const given = new Map((options.names ?? "").split(",").filter(Boolean).map(parsePair));
  const nameOf = (fact: Fact): string | undefined => {
    const word = rules.usual(fact);
    const name = given.get(fact) ?? (word === undefined ? "" : `${prefix}${word}`);
    return name === "" ? undefined : name;
  };
  for (const name of FACTS.flatMap((fact) => nameOf(fact) ?? [])) {
    if (rules.allowed.test(name)) continue;
    throw new TenantryError("TN-606", `${name} is no name for --format ${rules.format}; allowed are ${rules.words}`);
  }
  return nameOf;
}

/** Name and value of the facts that are there and have a name. */
export function named(
  facts: Facts,
  nameOf: (fact: Fact) => string | undefined,
): readonly (readonly [string, string])[] {
  return FACTS.flatMap((fact) => {
    const [name, value] = [nameOf(fact), facts[fact]];
    return name === undefined || value === undefined ? [] : [[name, value] as const];
  });
}

function parsePair(pair: string): readonly [Fact, string] {
  const [, word = "", name = ""] = /^(\w+)=(.*)$/.exec(pair.trim()) ?? [];
  const fact = FACTS.find((each) => each === word);
  if (fact) return [fact, name];
  throw new TenantryError(
    "TN-606",
    `--names has "${pair}"; allowed are ${FACTS.join(", ")}, each with a name; type for example --names schema=DB_SCHEMA,port=DB_PORT`,
  );
}
