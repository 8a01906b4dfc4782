/** Asks at sign-in whose a key or an e-mail is, before anybody is anybody. */
import { escapeLiteral } from "pg";
import { qualified } from "../../../database/protection";
import { CELL_ROLES, POOLED_SCHEMA } from "../../../registry/names";
import type { Attempt, Outcome, Probe } from "../../probe";
import { attackAs, loginsOf } from "../attack-as";
import type { Attacker } from "../attackers";
import type { Routine } from "../catalog";
import type { SqlTarget } from "../cell";
import type { ProbeTenant } from "../probe-tenants";
import type { Answer, Attack } from "../sessions";

const NAME = "sign-in";

export const signIn: Probe<SqlTarget> = {
  name: NAME,
  layer: "sql",
  attack:
    "The application asks the look-ups of sign-in with patterns, beginnings, other cases and nothing, to list what is there; every other login asks with a key and an e-mail that are.",
  guard:
    "A look-up compares the whole value and answers the application alone, which learns the tenant of what it has already.",
  async run(target) {
    const { catalog, probes, attackers } = target;
    const victim = probes.pooled?.b;
    if (victim === undefined) return [];
    const values = valuesOf(target, victim);
    const lookUps = catalog.routines.filter(
      ({ owner, schema, args }) => owner === CELL_ROLES.signIn && schema === POOLED_SCHEMA && args.length === 1,
    );
    const askers = [...loginsOf(target), ...attackers.filter(({ kind, context }) => kind === "app" && context)];
    const attempts = await attackAs(NAME, target, askers, (attacker) =>
      lookUps.flatMap((lookUp) => questions(lookUp, attacker, values, victim)),
    );
    return [...attempts, ...lookUps.flatMap((lookUp) => unanswered(target, lookUp, attempts))];
  },
};

interface Value {
  readonly type: string;
  readonly value: string;
}

/** What the victim has and nobody else: elsewhere an answer could be about somebody who has the same. */
function valuesOf({ filled, probes }: SqlTarget, victim: ProbeTenant): readonly Value[] {
  return filled.flatMap(({ table, rows }) => {
    const [own, other] = [rows.get(victim.id), rows.get(probes.pooled?.a.id ?? "")];
    return table.columns.flatMap(({ name, type }) => {
      const value = own?.[name];
      return value == null || value === other?.[name] ? [] : [{ type: type.replace(/\(\d+(,\d+)?\)/, ""), value }];
    });
  });
}

function questions(
  lookUp: Routine,
  { kind }: Attacker,
  values: readonly Value[],
  { slug }: ProbeTenant,
): readonly Attack[] {
  const [type = ""] = lookUp.args;
  const known = values.filter((value) => value.type === type).map(({ value }) => value);
  const ask = (value: string, succeeded: (answer: Answer) => Outcome): Attack => ({
    target: nameOf(lookUp),
    statement: `select * from ${qualified(lookUp.schema, lookUp.name)}(${value}::${type}) limit 1000`,
    succeeded,
  });
  const names = ({ rows }: Answer) => rows.some((row) => row.includes(slug));
  const alone = ({ rows }: Answer) => rows.every((row) => row.includes(slug));
  const found = (answer: Answer): Outcome => {
    if (answer.count === 0) return "nothing";
    return kind === "app" && alone(answer) ? "accepted" : "through";
  };
  // Whoever has the guess itself as a value may be found by it; the victim has not.
  const guessed = (answer: Answer): Outcome => (names(answer) ? "through" : "nothing");
  return [
    ...known.map((value) => ask(escapeLiteral(value), found)),
    ask("null", guessed),
    ...guessesAt(type, known).map((guess) => ask(escapeLiteral(guess), guessed)),
  ];
}

function guessesAt(type: string, known: readonly string[]): readonly string[] {
  if (type === "bytea") return known.map((value) => value.slice(0, -2));
  if (!["text", "character varying"].includes(type)) return [];
  const near = known.flatMap((value) => {
    const begun = value.slice(0, -1);
    return [begun, `${begun}%`, `${begun}_`, `${value} `, value.toUpperCase()].filter((guess) => guess !== value);
  });
  return ["%", ".*", ...near];
}

/** A look-up that does not find what is there has shown nothing by finding nothing. */
function unanswered({ cell }: SqlTarget, lookUp: Routine, attempts: readonly Attempt[]): readonly Attempt[] {
  const target = nameOf(lookUp);
  if (attempts.some((attempt) => attempt.target === target && attempt.outcome === "accepted")) return [];
  if (attempts.some((attempt) => attempt.target === target && attempt.outcome === "through")) return [];
  const answer = "it finds nothing that a tenant of the proof has: no row of its own could be made for it";
  return [{ probe: NAME, where: cell, who: "tenantry_app", target, statement: "", outcome: "untried", answer }];
}

const nameOf = ({ schema, name, args }: Routine): string => `${qualified(schema, name)}(${args.join(", ")})`;
