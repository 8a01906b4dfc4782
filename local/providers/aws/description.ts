/** What AWS knows of a server whichever stack it is of: kept beside its data, for whoever imports it. */
import { join } from "node:path";
import { readJson, writePrivate } from "../../private-file";
import type { Props } from "../../provider";
import { isRecord } from "../../wire";

/** `inputs`: as the server was last made or changed. AWS never tells a password. */
export function describe(home: string, identifier: string, { password: _, ...inputs }: Props): void {
  writePrivate(fileOf(home, identifier), JSON.stringify(inputs));
}

/** Undefined for a server that was never described. */
export function describedAs(home: string, identifier: string): Props | undefined {
  const inputs = readJson(fileOf(home, identifier));
  return isRecord(inputs) ? inputs : undefined;
}

const fileOf = (home: string, identifier: string): string => join(home, "servers", identifier, "description.json");
