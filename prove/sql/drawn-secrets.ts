/** Secrets that exist while a command runs, and are kept nowhere. */
import type { Secret, SecretStore } from "../../database/types";

export class DrawnSecrets implements SecretStore {
  readonly #held = new Map<string, Secret>();

  async read(path: string): Promise<Secret | undefined> {
    return this.#held.get(path);
  }

  async write(path: string, data: Readonly<Record<string, string>>, cas: number): Promise<number> {
    this.#held.set(path, { data, version: cas + 1 });
    return cas + 1;
  }

  async remove(path: string): Promise<void> {
    this.#held.delete(path);
  }

  /** What was written at the path; nothing where nothing was. */
  at(path: string): Readonly<Record<string, string>> {
    return this.#held.get(path)?.data ?? {};
  }
}
