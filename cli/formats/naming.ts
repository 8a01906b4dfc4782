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
  /** Whether dots nest: nothing can be both a value and what holds one. @default false */
  readonly nests?: boolean;
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

/** @throws TenantryError TN-606 for a fact that there is not, a name that the format cannot have, or one that is not one fact's alone. */
export function parseNaming(options: NamingOptions, rules: NamingRules): (fact: Fact) => string | undefined {
  const prefix = options.prefix ?? rules.prefix;
  const given = givenNames(options.names ?? "");
  const nameOf = (fact: Fact): string | undefined => {
    const word = rules.usual(fact);
    const name = given.get(fact) ?? (word === undefined ? "" : `${prefix}${word}`);
    return name === "" ? undefined : name;
  };
  const taken = new Map<string, Fact>();
  for (const fact of FACTS) {
    const name = nameOf(fact);
    if (name === undefined) continue;
    refuseName(name, fact, rules, taken);
    taken.set(name, fact);
  }
  return nameOf;
}

function refuseName(
  name: string,
  fact: Fact,
  { allowed, format, words, nests }: NamingRules,
  taken: Map<string, Fact>,
) {
  if (!allowed.test(name))
    throw new TenantryError("TN-606", `"${name}" is no name for --format ${format}; allowed are ${words}`);
  const within = (one: string, other: string) => one === other || (nests === true && one.startsWith(`${other}.`));
  const [other] = [...taken].filter(([each]) => within(name, each) || within(each, name));
  if (other === undefined) return;
  throw new TenantryError(
    "TN-606",
    `${fact} would be "${name}" and ${other[1]} "${other[0]}", which leaves one of them out; each needs a name of its own; type for example --names ${other[1]}=`,
  );
}

function givenNames(text: string): ReadonlyMap<Fact, string> {
  const names = new Map<Fact, string>();
  for (const [fact, name] of text.split(",").filter(Boolean).map(parsePair)) {
    if (names.has(fact))
      throw new TenantryError("TN-606", `--names has ${fact} twice; each fact has one name; leave one of them out`);
    names.set(fact, name);
  }
  return names;
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
