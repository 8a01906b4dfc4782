/** From the text that Pulumi hands on to typed values, or to everything that is wrong with them at once. Pure. */
import type { z } from "zod";
import type { Code } from "../registry/errors";
import { CONFIG_RULES, CONFIG_WORDS, type ConfigKey, type ConfigValues, NESTED_EXAMPLES } from "./stack-config-rules";

/** One thing that is wrong: what was got, what is allowed, what to type. */
export interface ConfigFinding {
  readonly code: Code;
  /** Such as `tenantry:regions["eu-west-1"].vpcId`. */
  readonly path: string;
  readonly message: string;
}

export class StackConfigErrors extends Error {
  readonly findings: readonly ConfigFinding[];

  constructor(findings: readonly ConfigFinding[]) {
    const count = findings.length === 1 ? "1 error" : `${findings.length} errors`;
    const lines = findings.map(({ code, path, message }) => `  ${path}: ${message} [${code}]`);
    super(`${count} in the stack configuration:\n${lines.join("\n")}`);
    this.name = "StackConfigErrors";
    this.findings = findings;
  }
}

/** `raw` has keys without the project's name. Throws StackConfigErrors. */
export function parseConfigValues(raw: Readonly<Record<string, string>>): ConfigValues {
  const document = new Map<string, unknown>();
  const broken: ConfigFinding[] = [];
  for (const [key, text] of Object.entries(raw)) {
    if (!isConfigKey(key) || CONFIG_WORDS[key].kind === "text") document.set(key, text);
    else {
      const value = parseJson(text);
      if (value === undefined) broken.push(findingOf("TN-702", [key], text));
      else document.set(key, value);
    }
  }
  const values = Object.fromEntries(document);
  const parsed = CONFIG_RULES.safeParse(values);
  const spoilt = new Set(broken.map(({ path }) => path));
  const findings = parsed.success ? [] : parsed.error.issues.flatMap((issue) => findingsOf(issue, values));
  const all = [...broken, ...findings.filter(({ path }) => !spoilt.has(path))];
  if (all.length > 0 || !parsed.success) throw new StackConfigErrors(all);
  return parsed.data;
}

type Path = readonly PropertyKey[];

function findingsOf(issue: z.core.$ZodIssue, document: unknown): ConfigFinding[] {
  if (issue.code === "unrecognized_keys") return issue.keys.map((key) => unknownKey([...issue.path, key]));
  if (issue.code === "invalid_key") {
    const allowed = issue.issues[0]?.message ?? "another key";
    return [finding("TN-702", issue.path, `the key is not allowed; ${allowed}; rename it in the stack's file`)];
  }
  const value = valueAt(document, issue.path);
  return [findingOf(value === undefined ? "TN-701" : "TN-702", issue.path, value, issue)];
}

function findingOf(code: Code, path: Path, value: unknown, issue?: z.core.$ZodIssue): ConfigFinding {
  const got = value === undefined ? "missing" : `got ${shorten(withoutPaths(JSON.stringify(value)))}`;
  return finding(
    code,
    path,
    `${got}; ${allowedAt(path, issue)}; type: ${commandFor([...path, ...nextEntry(path, value, issue)])}`,
  );
}

/** A list inside of something is written entry by entry: the command sets the one that is missing. */
function nextEntry(path: Path, value: unknown, issue: z.core.$ZodIssue | undefined): Path {
  const isList =
    issue?.code === "too_small"
      ? issue.origin === "array"
      : issue?.code === "invalid_type" && issue.expected === "array";
  if (!isList || path.length === 1) return [];
  return [Array.isArray(value) ? value.length : 0];
}

function unknownKey(path: Path): ConfigFinding {
  const siblings = path.length === 1 ? `the keys are ${Object.keys(CONFIG_WORDS).sort().join(", ")}` : "not a key here";
  return finding("TN-703", path, `unknown; ${siblings}; type: pulumi config rm ${quoted(path)}`);
}

const finding = (code: Code, path: Path, message: string): ConfigFinding => ({ code, path: renderPath(path), message });

/** Words for a whole value come from the table, for a part of one from its rule. */
function allowedAt(path: Path, issue: z.core.$ZodIssue | undefined): string {
  const [key] = path;
  if (path.length === 1 && isConfigKey(key)) return CONFIG_WORDS[key].allowed;
  if (issue?.code === "invalid_type") return `needs a value of type ${issue.expected}`;
  return issue?.message ?? "not allowed";
}

function commandFor(path: Path): string {
  const field = [...path].reverse().find((part) => typeof part === "string" && Object.hasOwn(NESTED_EXAMPLES, part));
  const nested = typeof field === "string" ? NESTED_EXAMPLES[field] : undefined;
  const [key] = path;
  if (path.length > 1) return `pulumi config set ${quoted(path)} ${nested ?? "<value>"}`;
  if (key === "regions") return `pulumi config set ${quoted(["regions", "eu-west-1", "vpcId"])} vpc-0123456789abcdef0`;
  if (key === "kubernetesAuth")
    return `pulumi config set ${quoted(["kubernetesAuth", "host"])} ${NESTED_EXAMPLES.host}`;
  if (key === "cells" || key === "elsewhere" || key === "alarmEndpoints")
    return `pulumi config set ${quoted([key, 0])} ${NESTED_EXAMPLES[key]}`;
  return `pulumi config set ${renderPath(path)} ${isConfigKey(key) ? CONFIG_WORDS[key].example : "<value>"}`;
}

const quoted = (path: Path): string => (path.length > 1 ? `--path '${renderPath(path)}'` : renderPath(path));

/** `tenantry:regions["eu-west-1"].subnetIds[0]`, as `pulumi config set --path` takes it. */
function renderPath(path: Path): string {
  return path.reduce<string>((text, part, depth) => {
    if (depth === 0) return `tenantry:${String(part)}`;
    if (typeof part === "number") return `${text}[${part}]`;
    return /^\w+$/.test(String(part)) ? `${text}.${String(part)}` : `${text}["${String(part)}"]`;
  }, "");
}

function valueAt(document: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, part) => (typeof value === "object" && value !== null ? Reflect.get(value, part) : undefined),
    document,
  );
}

const isConfigKey = (key: PropertyKey | undefined): key is ConfigKey =>
  typeof key === "string" && Object.hasOwn(CONFIG_WORDS, key);

/** What follows the host of an address may be a key, and errors are kept in logs. */
const withoutPaths = (text: string): string => text.replaceAll(/(https?:\/\/[^/"\s]+)\/[^",\s]+/g, "$1/...");

const shorten = (text: string): string => (text.length > 60 ? `${text.slice(0, 57)}...` : text);

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // reported by the caller, with what is allowed
  }
}
