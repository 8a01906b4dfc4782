/** ACL policies of Vault as data. Source: Vault's page "Policies", section "Policy syntax"; `vault/policy.go`. */

const CAPABILITIES = ["create", "read", "update", "patch", "delete", "list", "sudo", "deny"] as const;
export type Capability = (typeof CAPABILITIES)[number];

export interface Rule {
  /** Exact, or with `+` for a segment, or with `*` at the end. No slash in front. */
  readonly path: string;
  readonly capabilities: readonly Capability[];
}

/** A policy that a server would refuse to keep, or that says more than is understood here. */
export class PolicyError extends Error {}

const COMMENT = /("(?:[^"\\]|\\.)*")|#.*|\/\/.*|\/\*[\s\S]*?\*\//g;
const BLOCK = /\s*path\s+"((?:[^"\\]|\\.)*)"\s*\{\s*capabilities\s*=\s*\[([^\]]*)\]\s*\}\s*/y;

/** The rules of a policy in HCL. @throws PolicyError for anything but `path "..." { capabilities = [...] }`. */
export function parsePolicy(hcl: string): readonly Rule[] {
  const source = hcl.replace(COMMENT, (_, text: string | undefined) => text ?? "").trim();
  const rules: Rule[] = [];
  const block = new RegExp(BLOCK);
  while (block.lastIndex < source.length) {
    const match = block.exec(source);
    if (!match) throw new PolicyError("failed to parse policy: path blocks with capabilities alone are understood");
    const words = [...(match[2] ?? "").matchAll(/"([^"]*)"/g)].map(([, word]) => word ?? "");
    rules.push({ path: parsePath(match[1] ?? ""), capabilities: words.map(parseCapability) });
  }
  return rules;
}

function parsePath(written: string): string {
  const path = written.replace(/^\//, "");
  if (path.includes("+*")) throw new PolicyError(`path "${path}": invalid use of wildcards ('+*' is forbidden)`);
  if (/\{\{|\}\}/.test(path.replace(/\{\{(?:(?!\{\{|\}\}).)*\}\}/g, "")))
    throw new PolicyError(`path "${path}": unbalanced templating characters`);
  return path;
}

function parseCapability(word: string): Capability {
  const capability = CAPABILITIES.find((item) => item === word);
  if (!capability) throw new PolicyError(`failed to parse policy: invalid capability "${word}"`);
  return capability;
}
