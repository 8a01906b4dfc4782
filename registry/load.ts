/** Reads a stack's registry from disk: `plans.yaml`, `<stack>.yaml`, and the quotas that the table files declare. */
import { readdirSync, readFileSync } from "node:fs";
import { isAbsolute, join, relative } from "node:path";
import { TenantryError } from "./errors";
import { didYouMean } from "./nearest";
import { parseRegistry, type RegistrySources, type SourceText } from "./parse";
import { loadQuotaNames } from "./quota-names";
import type { Registry } from "./types";

export interface RegistryPlace {
  /** The folder of `plans.yaml` and `<stack>.yaml`. */
  readonly dir: string;
  readonly stack: string;
  /** The folder that holds `tenant/*.sql`. */
  readonly sqlDir: string;
}

const PLANS = "plans";

/** @throws RegistryErrors with all errors; TenantryError TN-101 for a file that cannot be read. */
export const loadRegistry = (place: RegistryPlace): Registry => parseRegistry(loadSources(place));

/** The texts as they are, unjudged. @throws TenantryError TN-101 for a file that cannot be read. */
export function loadSources({ dir, stack, sqlDir }: RegistryPlace): RegistrySources {
  const stacks = loadStackNames(dir);
  if (!stacks.includes(stack)) {
    const have = stacks.length === 0 ? "there are none yet" : `there are ${stacks.join(", ")}`;
    throw new TenantryError(
      "TN-101",
      `the stack ${stack} has no file ${shownPath(stackFile(dir, stack))}${didYouMean(stack, stacks)}; ${have}; name one of these, or make the file with \`tenants: {}\``,
    );
  }
  return {
    plans: readSource(stackFile(dir, PLANS)),
    stack: readSource(stackFile(dir, stack)),
    quotas: loadQuotaNames(sqlDir),
  };
}

export const stackFile = (dir: string, stack: string): string => join(dir, `${stack}.yaml`);

/** The stacks that have a file, sorted. */
export function loadStackNames(dir: string): string[] {
  const names = orUnreadable(dir, () => readdirSync(dir)).filter((file) => file.endsWith(".yaml"));
  return names
    .map((file) => file.slice(0, -".yaml".length))
    .filter((name) => name !== PLANS)
    .sort();
}

const readSource = (path: string): SourceText => ({
  file: shownPath(path),
  text: orUnreadable(path, () => readFileSync(path, "utf8")),
});

function orUnreadable<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new TenantryError("TN-101", `${shownPath(path)} cannot be read (${reason}); it must be there and readable`);
  }
}

/** Relative where that is shorter to read. */
function shownPath(path: string): string {
  const short = relative(process.cwd(), path);
  return short === "" || short.startsWith("..") || isAbsolute(short) ? path : short;
}
