/** The state during a command: changed in memory, on disk before the next step relies on it. */
import { isDeepStrictEqual } from "node:util";
import type { Redactor } from "../redactor";
import type { Pending, State, StateFile } from "./file";
import type { Resource } from "./resource";

export class Store {
  private readonly current: Map<string, Resource>;
  private readonly replaced: Set<Resource>;
  private readonly pending: Set<Pending>;
  private writing: Promise<void> = Promise.resolve();
  private queued: Promise<void> | undefined;

  /** Creations of an earlier command that was cut off: nobody knows whether they happened. */
  readonly cutOff: ReadonlyMap<string, Resource>;

  /** Without a file nothing is kept: a preview. */
  constructor(
    state: State,
    private readonly redactor: Redactor,
    private readonly file?: StateFile,
  ) {
    redactor.learn(state);
    const begun = (kind: Pending["kind"]) => state.pending.filter((item) => item.kind === kind);
    const retry = new Map<string, "update" | "read">();
    for (const { resource } of begun("update")) retry.set(resource.urn, "update");
    for (const { resource } of begun("delete")) retry.set(resource.urn, "read");
    const marked = state.resources.map((resource) => {
      const how = retry.get(resource.urn);
      return how ? { ...resource, retry: how } : resource;
    });
    this.current = new Map(marked.map((resource) => [resource.urn, resource]));
    this.replaced = new Set(state.condemned);
    this.pending = new Set(begun("create"));
    this.cutOff = new Map(begun("create").map(({ resource }) => [resource.urn, resource]));
  }

  get resources(): readonly Resource[] {
    return [...this.current.values()];
  }

  /** Old resources whose replacements exist already. */
  get condemned(): readonly Resource[] {
    return [...this.replaced];
  }

  get(urn: string): Resource | undefined {
    return this.current.get(urn);
  }

  /** Remembers that something begins, so that a killed command does not forget it. Call the answer's `end` with what came of it. */
  async begin(kind: Pending["kind"], resource: Resource): Promise<{ end(change: () => void): Promise<void> }> {
    const item: Pending = { kind, resource };
    this.pending.add(item);
    this.redactor.learn(resource);
    await this.save();
    return {
      end: (change) => {
        this.pending.delete(item);
        change();
        return this.save();
      },
    };
  }

  /** Also forgets that the creation of this URN was once cut off: it has happened now. */
  put(resource: Resource): void {
    this.redactor.learn(resource);
    this.current.set(resource.urn, resource);
    this.settle(resource.urn);
  }

  settle(urn: string): void {
    for (const item of this.pending) if (item.resource === this.cutOff.get(urn)) this.pending.delete(item);
  }

  /** Puts the replacement in the place of `old`, which is to be deleted at the end. */
  supersede(old: Resource, replacement: Resource): void {
    this.replaced.add(old);
    this.put(replacement);
  }

  drop(resource: Resource): void {
    this.replaced.delete(resource);
    if (this.current.get(resource.urn) === resource) this.current.delete(resource.urn);
  }

  rename(old: Resource, urn: string): void {
    const entries = [...this.current].map(([key, value]) => {
      const moved = value === old ? { ...value, urn } : value;
      return [key === old.urn ? urn : key, moved] as const;
    });
    this.current.clear();
    for (const [key, value] of entries) this.current.set(key, value);
  }

  /** Writes when the resource differs from what is remembered. */
  async putIfChanged(resource: Resource): Promise<void> {
    if (isDeepStrictEqual(this.current.get(resource.urn), resource)) return;
    this.put(resource);
    await this.save();
  }

  /** On disk when the promise resolves. Changes made while a write runs share the next one. */
  save(): Promise<void> {
    const file = this.file;
    if (!file) return Promise.resolve();
    this.queued ??= this.writing
      .catch(() => undefined)
      .then(() => {
        this.queued = undefined;
        this.writing = file.write({ resources: this.resources, condemned: this.condemned, pending: [...this.pending] });
        return this.writing;
      });
    return this.queued;
  }
}
