/**
 * What the rules of a token permit: one pattern decides, the most specific that matches. Source: Vault's page "Policies", its five rules
 * of priority; `vault/acl.go`.
 */
import type { Capability, Rule } from "./policy";

export interface Ask {
  readonly capability: Exclude<Capability, "deny">;
  /** Below `/v1/`, unescaped. It is compared as text: nothing resolves `..`, `//` or an escape in it. */
  readonly path: string;
}

/** Rules that several policies have for one pattern add up, and `deny` among them wins. Without a rule the answer is no. */
export function permits(rules: readonly Rule[], { capability, path }: Ask): boolean {
  const asked = path.replace(/^\/+/, "");
  const pattern = capability === "list" ? patternOfList(rules, asked) : patternOf(rules, asked);
  const granted = rules.filter((rule) => rule.path === pattern).flatMap((rule) => rule.capabilities);
  return granted.includes(capability) && !granted.includes("deny");
}

/** A list is of a folder, `a/b/`. Rules for `a/b` speak of it too, and come first. */
function patternOfList(rules: readonly Rule[], path: string): string | undefined {
  const bare = path.replace(/\/+$/, "");
  const folder = `${bare}/`;
  return exactOf(rules, folder) ?? exactOf(rules, bare) ?? mostSpecific(rules, bare) ?? mostSpecific(rules, folder);
}

const patternOf = (rules: readonly Rule[], path: string) => exactOf(rules, path) ?? mostSpecific(rules, path);

const exactOf = (rules: readonly Rule[], path: string) =>
  rules.find((rule) => kindOf(rule.path) === "exact" && rule.path === path)?.path;

function mostSpecific(rules: readonly Rule[], path: string): string | undefined {
  const patterns = rules.map((rule) => rule.path).filter((pattern) => kindOf(pattern) !== "exact");
  return patterns.filter((pattern) => matches(pattern, path)).sort(bySpecificity)[0];
}

type Kind = "exact" | "prefix" | "segments";

/** A `+` that no slash, or the beginning, is in front of is a letter; so is a `*` that is not at the end. */
function kindOf(pattern: string): Kind {
  if (pattern === "+" || pattern.startsWith("+/") || pattern.includes("/+")) return "segments";
  return pattern.endsWith("*") ? "prefix" : "exact";
}

function matches(pattern: string, path: string): boolean {
  const open = pattern.endsWith("*");
  const text = open ? pattern.slice(0, -1) : pattern;
  if (kindOf(pattern) === "prefix") return path.startsWith(text);
  const wanted = text.split("/");
  const got = path.split("/");
  if (open ? got.length < wanted.length : got.length !== wanted.length) return false;
  return wanted.every((segment, at) => {
    const mayGoOn = open && at === wanted.length - 1;
    return segment === "+" || segment === got[at] || (mayGoOn && got[at]?.startsWith(segment) === true);
  });
}

/** Most specific first: later first wildcard, no `*` at the end, fewer `+`, longer, greater. */
function bySpecificity(one: string, other: string): number {
  const [keys, others] = [keysOf(one), keysOf(other)];
  const difference = keys.map((key, at) => (others[at] ?? 0) - key).find((value) => value !== 0);
  return difference ?? (one < other ? 1 : -1);
}

function keysOf(pattern: string): readonly number[] {
  const text = pattern.replace(/\*$/, "");
  const plus = kindOf(pattern) === "segments" ? text.indexOf("+") : text.length;
  const pluses = text.split("/").filter((segment) => segment === "+").length;
  return [plus, pattern === text ? 1 : 0, -pluses, text.length];
}
