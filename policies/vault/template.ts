/** What a templated policy says for one token. Source: Vault's page "Policies", section "Templated policies"; `identitytpl`. */
import type { Rule } from "./policy";

/** What auth methods vouched for at login: by their accessor, the metadata of the alias. */
export type Aliases = Readonly<Record<string, Readonly<Record<string, string>>>>;

export interface Server {
  /**
   * What becomes of `*` and `+` in a value. Vault drops the rule since it knows `ErrTemplatedWildcard`; older servers and some
   * relatives take them for wildcards of the policy. @default "refused"
   */
  readonly wildcards?: "refused" | "kept";
}

const TEMPLATE = /\{\{(.*?)\}\}/g;
const METADATA = /^identity\.entity\.aliases\.([^.]+)\.metadata\.(.+)$/;

/**
 * Rules of a token with these aliases. A rule whose template has no value is not the token's: nobody vouches for it. An empty value is one,
 * and slashes stay. Other templates than an alias's metadata have no value here.
 */
export function fillIn(
  rules: readonly Rule[],
  aliases: Aliases,
  { wildcards = "refused" }: Server = {},
): readonly Rule[] {
  return rules.flatMap((rule) => {
    const values = [...rule.path.matchAll(TEMPLATE)].map(([, name = ""]) => valueIn(name.trim(), aliases));
    if (values.some((value) => value === undefined || (wildcards === "refused" && /[*+]/.test(value)))) return [];
    const left = values.values();
    return [{ ...rule, path: rule.path.replace(TEMPLATE, () => left.next().value ?? "") }];
  });
}

function valueIn(name: string, aliases: Aliases): string | undefined {
  const [, accessor = "", key = ""] = METADATA.exec(name) ?? [];
  const metadata = Object.hasOwn(aliases, accessor) ? aliases[accessor] : undefined;
  return metadata !== undefined && Object.hasOwn(metadata, key) ? metadata[key] : undefined;
}
