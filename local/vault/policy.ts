/** ACL policies: which rule decides a path, and what it allows. Source: Vault's "Policies", section "Policy syntax". */
import { Refusal } from "./exchange";
import type { Aliases } from "./storage";

const CAPABILITIES = ["create", "read", "update", "patch", "delete", "list", "sudo", "deny"] as const;
export type Capability = (typeof CAPABILITIES)[number];

export interface Rule {
  /** Exact, or with `+` for one segment, or with `*` at the end. */
  readonly path: string;
  readonly capabilities: readonly Capability[];
}

const COMMENT = /("(?:[^"\\]|\\.)*")|#.*|\/\/.*|\/\*[\s\S]*?\*\//g;
const BLOCK = /\s*path\s+"((?:[^"\\]|\\.)*)"\s*\{\s*capabilities\s*=\s*\[([^\]]*)\]\s*\}\s*/y;

/** The rules of a policy in HCL. @throws Refusal 400 for anything but `path "..." { capabilities = [...] }`. */
export function parsePolicy(hcl: string): readonly Rule[] {
  const source = hcl.replace(COMMENT, (_, text: string | undefined) => text ?? "").trim();
  const rules: Rule[] = [];
  const block = new RegExp(BLOCK);
  while (block.lastIndex < source.length) {
    const match = block.exec(source);
    if (!match)
      throw new Refusal(400, "failed to parse policy: the local Vault knows path blocks with capabilities alone");
    const words = [...(match[2] ?? "").matchAll(/"([^"]*)"/g)].map(([, word]) => word ?? "");
    rules.push({ path: (match[1] ?? "").replace(/^\//, ""), capabilities: words.map(parseCapability) });
  }
  return rules;
}

const TEMPLATE = /\{\{\s*identity\.entity\.aliases\.([\w-]+)\.metadata\.([\w-]+)\s*\}\}/g;

/** Rules of a token with these aliases. A rule that still has a template then is not the token's: nobody vouches for that. */
export function fillIn(rules: readonly Rule[], aliases: Aliases): readonly Rule[] {
  const filled = rules.map(({ path, capabilities }) => ({
    path: path.replace(TEMPLATE, (whole, accessor: string, key: string) => aliases[accessor]?.[key] ?? whole),
    capabilities,
  }));
  return filled.filter(({ path }) => !path.includes("{{"));
}

/** What the most specific matching rule allows; several policies may hold that rule, and `deny` wins over all. */
export function capabilitiesOn(rules: readonly Rule[], path: string): ReadonlySet<Capability> {
  const matching = rules.filter((rule) => matches(rule.path, path));
  const best = matching.map((rule) => rule.path).sort(bySpecificity)[0];
  const granted = new Set(matching.filter((rule) => rule.path === best).flatMap((rule) => rule.capabilities));
  return granted.has("deny") ? new Set() : granted;
}

function parseCapability(word: string): Capability {
  const capability = CAPABILITIES.find((item) => item === word);
  if (!capability) throw new Refusal(400, `failed to parse policy: invalid capability "${word}"`);
  return capability;
}

function matches(pattern: string, path: string): boolean {
  const prefix = pattern.endsWith("*");
  const segments = (prefix ? pattern.slice(0, -1) : pattern).split("/");
  const text = segments.map((segment) => (segment === "+" ? "[^/]+" : quoteRegex(segment))).join("/");
  return new RegExp(`^${text}${prefix ? "" : "$"}`).test(path);
}

function quoteRegex(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

/** Vault's order, most specific first: later first wildcard, no `*` at the end, fewer `+`, longer, greater. */
function bySpecificity(one: string, other: string): number {
  const keys = [keysOf(one), keysOf(other)] as const;
  const difference = keys[0].map((key, index) => (keys[1][index] ?? 0) - key).find((value) => value !== 0);
  return difference ?? (one < other ? 1 : -1);
}

function keysOf(path: string): readonly number[] {
  const wildcard = path.search(/\+|\*$/);
  const pluses = path.split("/").filter((segment) => segment === "+").length;
  return [wildcard === -1 ? Number.MAX_SAFE_INTEGER : wildcard, path.endsWith("*") ? 0 : 1, -pluses, path.length];
}
