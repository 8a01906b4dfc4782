/** Which AWS resources carry tags: those whose arguments in @pulumi/aws have a map of tags. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

export const TAGGABLE_FILE = join(__dirname, "taggable-types.json");

/** Reads every resource of the installed @pulumi/aws: types such as `aws:rds/instance:Instance`, sorted. */
export function readTaggableTypes(): readonly string[] {
  const root = dirname(require.resolve("@pulumi/aws/package.json"));
  return readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== "node_modules" && entry.name !== "types")
    .flatMap(({ name }) => typesIn(join(root, name)))
    .sort();
}

function typesIn(dir: string): readonly string[] {
  return readdirSync(dir)
    .filter((file) => file.endsWith(".d.ts"))
    .filter((file) => hasTags(readFileSync(join(dir, file), "utf8")))
    .flatMap((file) => typeOf(readFileSync(join(dir, file.replace(/\.d\.ts$/, ".js")), "utf8")));
}

/** The arguments of a resource are the last interface of its file. */
function hasTags(typings: string): boolean {
  const args = typings.slice(typings.lastIndexOf("Args {"));
  return /\n\s+tags\??: pulumi\.Input<\{\s*\[key: string\]/.test(args);
}

/** A function's arguments may have tags too: only a class of a resource names its type. */
function typeOf(source: string): readonly string[] {
  const type = /__pulumiType = '([^']+)'/.exec(source)?.[1];
  return type === undefined ? [] : [type];
}
