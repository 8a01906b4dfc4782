/** The state file: one JSON document, mode 0600, replaced as a whole; the copy before the last write is kept as `.bak`. */
import { existsSync, linkSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { TenantryError } from "../../registry/errors";
import { START_ANEW } from "../errors";
import type { Resource } from "./resource";
import { Seal } from "./seal";

/** Something that was begun and of which nobody knows how far it came, unless it is finished. */
export interface Pending {
  readonly kind: "create" | "update" | "delete";
  readonly resource: Resource;
}

export interface State {
  readonly resources: readonly Resource[];
  /** Replaced already, still to be deleted. */
  readonly condemned: readonly Resource[];
  readonly pending: readonly Pending[];
}

export const EMPTY: State = { resources: [], condemned: [], pending: [] };

const VERSION = 1;
const props = z.record(z.string(), z.unknown());
const urns = z.array(z.string());
const resource = z.object({
  urn: z.string().startsWith("urn:pulumi:"),
  custom: z.boolean(),
  id: z.string(),
  parent: z.string(),
  provider: z.string(),
  inputs: props,
  outputs: props,
  dependencies: urns,
  propertyDependencies: z.record(z.string(), urns),
  protect: z.boolean(),
  retainOnDelete: z.boolean(),
  deletedWith: z.string(),
  external: z.boolean(),
  retry: z.enum(["update", "read"]).exactOptional(),
});
const pending = z.object({ kind: z.enum(["create", "update", "delete"]), resource });
const document = z.object({
  version: z.literal(VERSION),
  resources: z.array(resource),
  condemned: z.array(resource),
  pending: z.array(pending),
});

export class StateFile {
  private readonly path: string;
  private readonly keyFile: string;
  /** Resources are immutable: their text is made once. */
  private readonly texts = new WeakMap<Resource, string>();

  constructor(home: string) {
    this.path = join(home, "state.json");
    this.keyFile = join(home, "state.key");
  }

  /** @throws TenantryError TN-502 when the file is damaged, with the command that brings the last good copy back. */
  load(): State {
    if (!existsSync(this.path)) {
      if (existsSync(this.backup)) throw this.damaged("is missing");
      return EMPTY;
    }
    const text = readFileSync(this.path, "utf8");
    try {
      const { version: _, ...state } = document.parse(Seal.load(this.keyFile).parse(text));
      return state;
    } catch (error) {
      if (error instanceof TenantryError) throw error;
      throw this.damaged(error instanceof z.ZodError ? z.prettifyError(error) : `is not JSON: ${String(error)}`);
    }
  }

  /** On disk when the promise resolves. @throws TenantryError TN-509, and the file is what it was. */
  async write(state: State): Promise<void> {
    try {
      await this.replace(this.render(state));
    } catch (error) {
      throw new TenantryError(
        "TN-509",
        `the state cannot be written (${String(error)}); make room or give access, then run again`,
      );
    }
  }

  private render({ resources, condemned, pending }: State): string {
    const seal = Seal.make(this.keyFile);
    const list = (items: readonly string[]) => `[\n${items.join(",\n")}\n]`;
    const lines = (items: readonly Resource[]) => list(items.map((item) => this.text(seal, item)));
    const begun = list(
      pending.map(({ kind, resource }) => `{"kind":"${kind}","resource":${this.text(seal, resource)}}`),
    );
    return `{"version":${VERSION},"resources":${lines(resources)},"condemned":${lines(condemned)},"pending":${begun}}\n`;
  }

  private async replace(text: string): Promise<void> {
    const next = `${this.path}.new`;
    const handle = await open(next, "w", 0o600);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    if (existsSync(this.path)) {
      rmSync(this.backup, { force: true });
      linkSync(this.path, this.backup);
    }
    renameSync(next, this.path);
  }

  private get backup(): string {
    return `${this.path}.bak`;
  }

  private text(seal: Seal, item: Resource): string {
    const known = this.texts.get(item);
    if (known !== undefined) return known;
    const text = seal.stringify(item);
    this.texts.set(item, text);
    return text;
  }

  private damaged(what: string): TenantryError {
    const offer = existsSync(this.backup)
      ? `the last good copy is of ${statSync(this.backup).mtime.toISOString()}; to go on from it: cp '${this.backup}' '${this.path}'`
      : `there is no copy of it; put one back, or ${START_ANEW}`;
    return new TenantryError("TN-502", `the state file ${this.path} ${what}; ${offer}`);
  }
}
