/** Secrets in memory, with the check-and-set of the real store: no row measures how fast a Vault is. */
import type { Secret, SecretStore } from "../database/types";

export class MemorySecrets implements SecretStore {
  readonly #secrets = new Map<string, Secret>();

  async read(path: string): Promise<Secret | undefined> {
    return this.#secrets.get(path);
  }

  async write(path: string, data: Readonly<Record<string, string>>, cas: number): Promise<number> {
    const version = this.#secrets.get(path)?.version ?? 0;
    if (version !== cas) throw new Error(`${path} has version ${version}, not ${cas}`);
    this.#secrets.set(path, { data, version: version + 1 });
    return version + 1;
  }

  async remove(path: string): Promise<void> {
    this.#secrets.delete(path);
  }
}
