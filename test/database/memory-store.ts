/** A secret store with check-and-set, in memory, that can be switched off. */
import type { Secret, SecretStore } from "../../database/types";

export class MemoryStore implements SecretStore {
  readonly secrets = new Map<string, Secret>();
  /** What every call throws while it is set. */
  down: Error | undefined;

  async read(path: string): Promise<Secret | undefined> {
    if (this.down) throw this.down;
    return this.secrets.get(path);
  }

  async write(path: string, data: Readonly<Record<string, string>>, cas: number): Promise<number> {
    if (this.down) throw this.down;
    const version = this.secrets.get(path)?.version ?? 0;
    if (version !== cas) throw new Error(`secret ${path} is at version ${version}, not ${cas}`);
    this.secrets.set(path, { data, version: version + 1 });
    return version + 1;
  }

  async remove(path: string): Promise<void> {
    if (this.down) throw this.down;
    this.secrets.delete(path);
  }

  /** One value of a secret that must be there. */
  value(path: string, key: string): string {
    const value = this.secrets.get(path)?.data[key];
    if (value === undefined) throw new Error(`no ${key} in ${path}`);
    return value;
  }
}
