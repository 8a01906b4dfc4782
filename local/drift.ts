/** What somebody changed behind the program's back. */
import type { Props } from "./provider";
import { same } from "./wire";

/** The inputs as they would have to be for these outputs: the next preview then shows what differs from the program. */
export function carryDrift(inputs: Props, before: Props, outputs: Props): Props {
  const drifted = Object.keys(inputs).filter((key) => key in outputs && !same(before[key], outputs[key]));
  return { ...inputs, ...Object.fromEntries(drifted.map((key) => [key, outputs[key]])) };
}
