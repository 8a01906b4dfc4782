/**
 * Secrets on disk: sealed with AES-256-GCM under a key beside the state file, both readable by their owner alone. It keeps a
 * state file that is shown or sent to somebody from telling secrets; it is no protection from who can read the directory.
 */
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { TenantryError } from "../../registry/errors";
import { START_ANEW } from "../errors";
import { isRecord, isSecret, SIGNATURE, secret } from "../wire";

const ALGORITHM = "aes-256-gcm";
const IV_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;
const ADVICE = `put it back, or ${START_ANEW}`;

export class Seal {
  private constructor(
    private readonly file: string,
    private readonly key: Buffer,
  ) {}

  /** The key of the file, drawn at random when there is none. */
  static make(file: string): Seal {
    if (!existsSync(file)) writeFileSync(file, randomBytes(KEY_BYTES).toString("hex"), { mode: 0o600, flag: "wx" });
    return Seal.load(file);
  }

  /** @throws TenantryError TN-503 when the key is missing or cut short. */
  static load(file: string): Seal {
    const key = Buffer.from(existsSync(file) ? readFileSync(file, "utf8") : "", "hex");
    if (key.length === KEY_BYTES) return new Seal(file, key);
    throw new TenantryError(
      "TN-503",
      `the key ${file}, which opens the secrets of the state, is missing or damaged; ${ADVICE}`,
    );
  }

  /** JSON text with every secret sealed. */
  stringify(value: unknown): string {
    return JSON.stringify(value, (_, member: unknown) => {
      if (!isSecret(member)) return member;
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv(ALGORITHM, this.key, iv);
      const text = Buffer.concat([cipher.update(JSON.stringify(member.value ?? null), "utf8"), cipher.final()]);
      return { [SIGNATURE]: "sealed", text: Buffer.concat([iv, cipher.getAuthTag(), text]).toString("base64") };
    });
  }

  /** @throws SyntaxError when the text is not JSON; TenantryError TN-503 when a secret does not open with the key. */
  parse(text: string): unknown {
    return JSON.parse(text, (_, member: unknown) => {
      if (!isRecord(member) || member[SIGNATURE] !== "sealed" || typeof member.text !== "string") return member;
      return secret(this.unseal(Buffer.from(member.text, "base64")));
    });
  }

  private unseal(sealed: Buffer): unknown {
    try {
      const decipher = createDecipheriv(ALGORITHM, this.key, sealed.subarray(0, IV_BYTES));
      decipher.setAuthTag(sealed.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
      const text = Buffer.concat([decipher.update(sealed.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]);
      return JSON.parse(text.toString("utf8"));
    } catch (cause) {
      const message = `the secrets of the state do not open with ${this.file} (${String(cause)})`;
      throw new TenantryError("TN-503", `${message}; ${ADVICE}`);
    }
  }
}
