/** Keeps known secrets out of what is printed: messages of providers and of the program may quote them. */
import { isRecord, isSecret, open } from "./wire";

/** Shorter ones would black out ordinary words. */
const SHORTEST = 6;

export class Redactor {
  private readonly known = new Set<string>();

  /** Remembers every text inside a wrapped secret, at any depth. */
  learn(value: unknown): void {
    if (isSecret(value)) this.learnAll(open(value));
    else if (Array.isArray(value)) for (const item of value) this.learn(item);
    else if (isRecord(value)) for (const member of Object.values(value)) this.learn(member);
  }

  learnAll(value: unknown): void {
    if (typeof value === "string" && value.length >= SHORTEST) this.known.add(value);
    else if (Array.isArray(value)) for (const item of value) this.learnAll(item);
    else if (isRecord(value)) for (const member of Object.values(value)) this.learnAll(member);
  }

  clean(text: string): string {
    let cleaned = text;
    for (const secret of this.known) cleaned = cleaned.replaceAll(secret, "[secret]");
    return cleaned;
  }
}
