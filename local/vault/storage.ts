/** What the local Vault keeps on disk: one file per secret, and one for everything else. All of it is for this user alone. */
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Aliases } from "../../policies/vault/template";
import { readJson, writePrivate } from "../private-file";
import type { Entry } from "./kv";

export interface Mount {
  readonly accessor: string;
  readonly description: string;
  readonly config: Readonly<Record<string, unknown>>;
}

export interface AuthMethod {
  readonly type: string;
  readonly accessor: string;
  readonly description: string;
  /** `config` and `role/<name>` by path below the method. */
  readonly objects: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

export interface Token {
  readonly policies: readonly string[];
  readonly displayName: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
  /** What an auth method, by its accessor, vouched for at login: what policies may be filled in with. */
  readonly aliases?: Aliases;
}

export interface System {
  /** By path, without a slash at the end. */
  readonly mounts: Readonly<Record<string, Mount>>;
  readonly auth: Readonly<Record<string, AuthMethod>>;
  /** Name to HCL. */
  readonly policies: Readonly<Record<string, string>>;
  /** By the SHA-256 of the token. */
  readonly tokens: Readonly<Record<string, Token>>;
}

const EMPTY: System = { mounts: {}, auth: {}, policies: {}, tokens: {} };

export class Storage {
  #system: System;
  /** By `mount/path`. */
  readonly #entries = new Map<string, Entry>();
  readonly #dir: string;

  constructor(dir: string) {
    this.#dir = dir;
    mkdirSync(join(dir, "kv"), { recursive: true, mode: 0o700 });
    this.#system = { ...EMPTY, ...(readJson(join(dir, "system.json")) as System | undefined) }; // written below alone
    for (const file of readdirSync(join(dir, "kv")).filter((name) => name.endsWith(".json"))) {
      const { key, entry } = readJson(join(dir, "kv", file)) as { key: string; entry: Entry };
      this.#entries.set(key, entry);
    }
  }

  get system(): System {
    return this.#system;
  }

  saveSystem(change: Partial<System>): void {
    const next = { ...this.#system, ...change };
    writePrivate(join(this.#dir, "system.json"), JSON.stringify(next));
    this.#system = next;
  }

  /** All keys, as `mount/path`. */
  keys(): readonly string[] {
    return [...this.#entries.keys()];
  }

  find(key: string): Entry | undefined {
    return this.#entries.get(key);
  }

  save(key: string, entry: Entry): void {
    writePrivate(this.#file(key), JSON.stringify({ key, entry }));
    this.#entries.set(key, entry);
  }

  remove(key: string): void {
    rmSync(this.#file(key), { force: true });
    this.#entries.delete(key);
  }

  #file(key: string): string {
    return join(this.#dir, "kv", `${createHash("sha256").update(key).digest("hex")}.json`);
  }
}

/** The record without one of its names. */
export function without<T>(record: Readonly<Record<string, T>>, name: string): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(record).filter(([key]) => key !== name));
}
