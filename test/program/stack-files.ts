/** The configuration files of the project's stacks, as Pulumi hands them to the program. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";

export const ROOT = join(__dirname, "../..");

/** `project:key` to text: objects, lists, numbers and booleans are JSON. */
export function configOf(stack: string): Record<string, string> {
  const { config }: { config: Record<string, unknown> } = parse(
    readFileSync(join(ROOT, `Pulumi.${stack}.yaml`), "utf8"),
  );
  const texts = Object.entries(config).map(([key, value]) => [
    key,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  return Object.fromEntries(texts);
}
