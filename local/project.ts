/** The project: `Pulumi.yaml` and `Pulumi.<stack>.yaml`, read as the Pulumi CLI reads them. */
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { TenantryError } from "../registry/errors";
import { messageOf } from "./errors";
import { isRecord } from "./wire";

export interface Project {
  readonly name: string;
  readonly dir: string;
  readonly stack: string;
  /** Entry point of the program, relative to `dir`. */
  readonly main: string;
  /** Options of Node for the program's process. */
  readonly nodeArgs: readonly string[];
  /** `namespace:key` -> text; what is not text is JSON. */
  readonly config: Readonly<Record<string, string>>;
}

const options = z.looseObject({ nodeargs: z.string().default("") });
const runtime = z.union([z.literal("nodejs"), z.object({ name: z.literal("nodejs"), options: options.optional() })]);
const projectFile = z.object({
  name: z.string(),
  runtime,
  main: z.string().default("."),
  config: z.record(z.string(), z.unknown()).default({}),
});
const stackFile = z.object({ config: z.record(z.string(), z.unknown()).default({}) });

/** @throws TenantryError TN-504 for a file that is missing, cannot be read, or asks for what the local engine does not do. */
export function loadProject(projectDir: string, stack: string): Project {
  const dir = resolve(projectDir);
  if (!/^[a-zA-Z0-9][\w.-]*$/.test(stack)) {
    throw new TenantryError(
      "TN-504",
      `"${stack}" is no name for a stack; letters, digits, hyphens, underscores and dots are allowed`,
    );
  }
  const { name, main, config, ...file } = read(join(dir, "Pulumi.yaml"), projectFile);
  const nodeArgs = file.runtime === "nodejs" ? "" : (file.runtime.options?.nodeargs ?? "");
  const path = join(dir, `Pulumi.${stack}.yaml`);
  if (!existsSync(path)) {
    throw new TenantryError(
      "TN-504",
      `there is no ${path}; name a stack that has one with --stack, or begin with a copy of Pulumi.dev.yaml`,
    );
  }
  const defaults = Object.entries(config).flatMap(([key, value]) => {
    const preset = isRecord(value) ? (value.default ?? value.value) : value;
    return preset === undefined ? [] : [[key, preset] as const];
  });
  const all = [...defaults, ...Object.entries(read(path, stackFile).config)];
  return {
    name,
    dir,
    stack,
    main,
    nodeArgs: nodeArgs.split(/\s+/).filter((each) => each !== ""),
    config: Object.fromEntries(all.map(([key, value]) => entry(name, key, value, path))),
  };
}

function read<T>(path: string, shape: z.ZodType<T>): T {
  try {
    return shape.parse(parse(readFileSync(path, "utf8")) ?? {});
  } catch (error) {
    const what = error instanceof z.ZodError ? z.prettifyError(error) : messageOf(error);
    throw new TenantryError("TN-504", `${path} cannot be used: ${what}`);
  }
}

function entry(project: string, key: string, value: unknown, path: string): readonly [string, string] {
  if (isRecord(value) && "secure" in value) {
    const advice = "only the Pulumi CLI can open it; give the local stack a value that is no secret, or none";
    throw new TenantryError("TN-504", `${key} in ${path} is encrypted (\`secure\`); ${advice}`);
  }
  return [key.includes(":") ? key : `${project}:${key}`, typeof value === "string" ? value : JSON.stringify(value)];
}
