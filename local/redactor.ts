/** Keeps known secrets out of what is printed: messages of providers and of the program may quote them. */
import { isRecord, isSecret, open } from "./wire";

/** Shorter ones would black out ordinary words. */
const SHORTEST = 6;

export class Redactor {
  private readonly known = new Set<string>();

  /**
   * Remembers every text inside a wrapped secret, at any depth. Of a structure that is secret as a whole, what the value also
   * says openly is none: a connection's host and user, which error messages must be able to name.
   */
  learn(value: unknown): void {
    const secrets = secretsIn(value);
    const openly = new Set(secrets.some(isStructure) ? textsIn(withoutSecrets(value)) : []);
    for (const secret of secrets) {
      for (const text of textsIn(secret)) if (!isStructure(secret) || !openly.has(text)) this.add(text);
    }
  }

  add(text: string): void {
    if (text.length >= SHORTEST) this.known.add(text);
  }

  clean(text: string): string {
    let cleaned = text;
    for (const secret of this.known) cleaned = cleaned.replaceAll(secret, "[secret]");
    return cleaned;
  }
}

const isStructure = (value: unknown): boolean => typeof value === "object" && value !== null;

/** The contents of every wrapped secret. */
function secretsIn(value: unknown): readonly unknown[] {
  if (isSecret(value)) return [open(value)];
  if (Array.isArray(value)) return value.flatMap(secretsIn);
  return isRecord(value) ? Object.values(value).flatMap(secretsIn) : [];
}

function withoutSecrets(value: unknown): unknown {
  if (isSecret(value)) return undefined;
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, withoutSecrets(member)]));
}

function textsIn(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  if (Array.isArray(value)) return value.flatMap(textsIn);
  return isRecord(value) ? Object.values(value).flatMap(textsIn) : [];
}
