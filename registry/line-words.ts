/** The words of a canonical line: the tier first, then `key=value` pairs. */
import { TenantryError } from "./errors";
import { type Source, TIERS, type Tier } from "./types";

const QUOTA = "quotas.";

/** Reads one line's words; every reader throws TN-119 for a word that is missing or has a value that is not allowed. */
export class Words {
  private readonly pairs = new Map<string, string>();
  private readonly first: string;

  constructor(private readonly line: string) {
    let space = line.indexOf(" ");
    this.first = space < 0 ? line : line.slice(0, space);
    while (space >= 0) {
      const next = line.indexOf(" ", space + 1);
      const word = line.slice(space + 1, next < 0 ? undefined : next);
      const equals = word.indexOf("=");
      this.pairs.set(equals < 0 ? word : word.slice(0, equals), word.slice(equals + 1));
      space = next;
    }
  }

  tier(): Tier {
    return this.oneOf(TIERS, this.first);
  }

  has(key: string): boolean {
    return this.pairs.has(key);
  }

  need(key: string): string {
    return this.pairs.get(key) || this.fail(`${key}= is missing`);
  }

  amount(key: string, parse: (text: string) => number | undefined): number | undefined {
    const text = this.pairs.get(key);
    return text === undefined ? undefined : (parse(text) ?? this.fail(`${key}=${text} is no amount`));
  }

  quotas(): Record<string, number> {
    const keys = [...this.pairs.keys()].filter((key) => key.startsWith(QUOTA));
    return Object.fromEntries(keys.map((key) => [key.slice(QUOTA.length), this.amount(key, parseNatural) ?? 0]));
  }

  source(): Pick<Source, "tier" | "cell"> | undefined {
    const [tier, cell] = this.pairs.get("from")?.split("@") ?? [];
    if (tier === undefined) return undefined;
    return { tier: this.oneOf(TIERS, tier), ...(cell !== undefined && { cell }) };
  }

  oneOf<T extends string>(allowed: readonly T[], text: string): T {
    return allowed.find((value) => value === text) ?? this.fail(`${text} is none of ${allowed.join(", ")}`);
  }

  fail(reason: string): never {
    throw new TenantryError("TN-119", `the line ${JSON.stringify(this.line)} is not canonical: ${reason}`);
  }
}

export function parseNatural(text: string): number | undefined {
  return /^(0|[1-9][0-9]{0,15})$/.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : undefined;
}
