/** Rules that the types of the postgresql stand-in share. */
import type { provider } from "@pulumi/pulumi";
import type { Props } from "../../provider";

/** A failure for each input that the stand-in would silently leave out. */
export function onlyKnown(inputs: Props, known: readonly string[]): provider.CheckFailure[] {
  const unknown = Object.keys(inputs).filter((property) => !known.includes(property) && inputs[property] !== undefined);
  return unknown.map((property) => ({
    property,
    reason: `is not known to the stand-in, which knows ${known.join(", ")}`,
  }));
}

/** A failure for an input that the real provider would change by renaming. */
export function notRenamed(inputs: Props, olds: Props): provider.CheckFailure[] {
  if (olds.name === undefined || olds.name === inputs.name) return [];
  return [
    {
      property: "name",
      reason: `changes from ${olds.name} to ${inputs.name}: renaming is not rehearsed on this machine`,
    },
  ];
}
