/** Random values. They are drawn once and then stay in the state. */
import { randomInt } from "node:crypto";
import type { LocalContext, LocalProvider, Props } from "../provider";
import { secret } from "../wire";
import { makeProvider, rule, type StandIn } from "./stand-in";

const CLASSES = [
  { on: "lower", min: "minLower", letters: "abcdefghijklmnopqrstuvwxyz" },
  { on: "upper", min: "minUpper", letters: "ABCDEFGHIJKLMNOPQRSTUVWXYZ" },
  { on: "numeric", min: "minNumeric", letters: "0123456789" },
  { on: "special", min: "minSpecial", letters: "!@#$%&*()-_=+[]{}<>:?" },
] as const;
const INPUTS = ["keepers", "length", "overrideSpecial", ...CLASSES.flatMap(({ on, min }) => [on, min])];
const isLength = (value: unknown) => Number.isInteger(value) && Number(value) > 0;

/** All inputs decide the value: a change of any needs a new one. */
const RANDOM_PASSWORD: StandIn = {
  required: ["length"],
  replaceOn: INPUTS,
  check: (inputs) => [
    ...rule(inputs, "length", isLength, "must be a whole number from 1"),
    ...(isLength(inputs.length) && minimum(inputs) > Number(inputs.length)
      ? [{ property: "length", reason: `must be at least the sum of the minima, ${minimum(inputs)}` }]
      : []),
  ],
  create: async (_urn, inputs) => ({ id: "none", outs: { ...inputs, result: secret(draw(inputs)) } }),
  read: async (id, _urn, props) => ({ id, props: { ...props, result: secret(props.result) } }),
  update: async (_id, _urn, olds, news) => ({ outs: { ...news, result: secret(olds.result) } }),
  delete: async () => {},
};

export function randomProvider(_context: LocalContext, _config: Props): LocalProvider {
  const types = { "random:index/randomPassword:RandomPassword": RANDOM_PASSWORD };
  return makeProvider({ file: "local/providers/random.ts", types });
}

function draw(inputs: Props): string {
  const used = classesOf(inputs);
  const certain = used.flatMap(({ letters, min }) => Array.from({ length: min }, () => pick(letters)));
  const all = used.map(({ letters }) => letters).join("");
  const rest = Array.from({ length: Number(inputs.length) - certain.length }, () => pick(all));
  return shuffle([...certain, ...rest]).join("");
}

function classesOf(inputs: Props): readonly { letters: string; min: number }[] {
  return CLASSES.filter(({ on }) => inputs[on] !== false).map(({ on, min, letters }) => {
    const override = on === "special" && typeof inputs.overrideSpecial === "string" ? inputs.overrideSpecial : letters;
    return { letters: override, min: Number(inputs[min] ?? 0) };
  });
}

function minimum(inputs: Props): number {
  return classesOf(inputs).reduce((sum, { min }) => sum + min, 0);
}

function pick(letters: string): string {
  return letters.charAt(randomInt(letters.length));
}

/** Fisher and Yates. */
function shuffle(items: string[]): string[] {
  for (let last = items.length - 1; last > 0; last--) {
    const other = randomInt(last + 1);
    [items[last], items[other]] = [items[other] ?? "", items[last] ?? ""];
  }
  return items;
}
