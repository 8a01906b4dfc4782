/**
 * One run of the program against the state: each resource that the program registers is brought to what it asks for, then what it
 * did not register is deleted. A preview goes the same way, asks the providers only for check and diff, and changes nothing.
 */
import { TenantryError } from "../../registry/errors";
import type { Props } from "../provider";
import { UNKNOWN } from "../provider";
import type { Resource } from "../state/resource";
import type { Store } from "../state/store";
import { parseUrn, STACK_TYPE } from "../urn";
import { containsUnknown, openProps } from "../wire";
import { Acts } from "./acts";
import { fallingWith } from "./clear-away";
import { type Decision, decide, fenced } from "./decide";
import { type Goal, prerequisites, resourceOf } from "./goal";
import type { Providers } from "./providers";
import { deletion, remove } from "./removal";
import type { Run } from "./run";
import { NOT_STARTED, type Step } from "./step";

/** What the program learns about its resource. */
export interface Registered {
  readonly urn: string;
  /** Empty while unknown. */
  readonly id: string;
  readonly outputs: Props;
  readonly result: "success" | "failed" | "skipped";
}

export class Deployment {
  private readonly acts: Acts;
  private readonly registered = new Set<string>();
  /** URNs that failed or were skipped: what needs them is skipped. */
  private readonly lost = new Set<string>();
  /** Deleted ahead of a replacement: they come again. */
  private readonly cleared = new Set<string>();

  constructor(
    private readonly store: Store,
    private readonly providers: Providers,
    private readonly run: Run,
  ) {
    this.acts = new Acts(store, providers);
  }

  /** `unsupported` are options of the request that the engine does not know. */
  async register(goal: Goal, unsupported: readonly string[] = []): Promise<Registered> {
    const twice = this.registered.has(goal.urn);
    this.registered.add(goal.urn);
    return this.run.limit(async () => {
      try {
        if (twice) throw new Error("the program registers this type and name twice; names must differ");
        if (unsupported.length > 0)
          throw new TenantryError("TN-505", `the local engine has no ${unsupported.join(", ")}`);
        const why = this.obstacle(goal);
        if (why) return this.lose(goal, "skipped", why);
        return await (goal.custom ? this.custom(goal) : this.component(goal));
      } catch (error) {
        this.run.refuse(this.stepOf(goal), error);
        return this.lose(goal, "failed");
      }
    });
  }

  /** Outputs of a component, or of the stack. What is unknown because something failed keeps its last value. */
  async registerOutputs(urn: string, outputs: Props): Promise<void> {
    const resource = this.store.get(urn);
    if (!resource) return;
    const kept = Object.entries(outputs).map(([key, value]) => {
      return [key, containsUnknown(value) && !this.run.mode.preview ? resource.outputs[key] : value] as const;
    });
    const known = kept.filter(([, value]) => value !== undefined);
    await this.store.putIfChanged({ ...resource, outputs: Object.fromEntries(known) });
  }

  /** `Type.get(name, id)`: a look at what is somebody else's. */
  async read(goal: Goal, id: string): Promise<Props> {
    this.registered.add(goal.urn);
    if (this.run.mode.preview) return this.store.get(goal.urn)?.outputs ?? goal.inputs;
    const found = await this.run.limit(() => this.acts.lookUp(goal, id));
    await this.store.putIfChanged(found);
    return found.outputs;
  }

  /** Calls a function of a provider. */
  async invoke(token: string, reference: string, args: Props): Promise<Props> {
    const { outputs } = await this.providers.of(token, reference).invoke(token, openProps(args));
    return outputs;
  }

  /** After the program has ended well: deletes what it no longer registers. */
  async finish(): Promise<void> {
    const { preview } = this.run.mode;
    // What failed may be what would have registered the rest.
    if (this.run.stopping || this.run.failed) return;
    const forgotten = this.store.resources.filter(({ urn }) => !this.registered.has(urn));
    const fences = forgotten.filter((resource) => resource.protect);
    for (const resource of fences)
      this.run.refuse(deletion(resource), fenced("deleted", "the program no longer has it"));
    // Deleting the others would take apart what the fence stands round.
    if (fences.length > 0) return;
    const recovered = preview ? [] : await this.recover();
    await remove([...forgotten, ...recovered, ...this.store.condemned], this.store, this.acts, this.run);
  }

  /**
   * Creations that were cut off and that the program no longer wants: nobody knows what is left of them. To create once more is
   * safe, and gives the id to delete them by.
   */
  private async recover(): Promise<readonly Resource[]> {
    const orphans = [...this.store.cutOff.values()].filter(
      ({ urn }) => !this.registered.has(urn) && !this.store.get(urn),
    );
    const recovered: Resource[] = [];
    for (const draft of orphans) {
      const options = { ignoreChanges: [], replaceOnChanges: [], aliases: [], additionalSecretOutputs: [] };
      const goal: Goal = { ...draft, ...options, type: parseUrn(draft.urn).type };
      const step = { ...this.stepOf(goal), note: "was cut off earlier, to be deleted" };
      try {
        recovered.push(await this.run.act(step, () => this.acts.create(goal, draft.inputs)));
      } catch (error) {
        this.run.refuse(step, error);
      }
    }
    return recovered;
  }

  private async component(goal: Goal): Promise<Registered> {
    const old = this.adopt(goal);
    await this.store.putIfChanged(resourceOf(goal, goal.inputs, "", old?.outputs ?? {}));
    this.run.tell(this.stepOf(goal, old ? "same" : "create"), this.run.mode.preview && !old ? "planned" : "done");
    return { urn: goal.urn, id: "", outputs: goal.inputs, result: "success" };
  }

  private async custom(goal: Goal): Promise<Registered> {
    const old = await this.confirmed(this.adopt(goal));
    const decision = await decide(goal, old, this.providers.of(goal.type, goal.provider));
    const { op, changes, note, deleteFirst } = decision;
    const shown = op === "create" && this.cleared.has(goal.urn) ? "replace" : op;
    const step: Step = { ...this.stepOf(goal, shown), changes, ...(note && { note }) };
    const doomed = old && op === "replace" && deleteFirst ? await fallingWith(old, this.store, this.providers) : [];
    for (const { urn } of doomed) this.cleared.add(urn);
    if (this.run.mode.preview) return this.plan(goal, old, decision, step, doomed);
    const made = await this.carryOut(goal, old, decision, step, doomed);
    return { urn: goal.urn, id: made.id, outputs: made.outputs, result: "success" };
  }

  private async carryOut(
    goal: Goal,
    old: Resource | undefined,
    { op, inputs }: Decision,
    step: Step,
    doomed: readonly Resource[],
  ): Promise<Resource> {
    if (old && op === "same") {
      const kept = resourceOf(goal, inputs, old.id, old.outputs);
      await this.store.putIfChanged(kept);
      this.run.tell(step, "done");
      return kept;
    }
    return this.run.act(step, async () => {
      if (old && op === "update") return this.acts.update(goal, inputs, old);
      for (const resource of doomed) await this.acts.remove(resource, new Set());
      return this.acts.create(goal, inputs, this.store.get(goal.urn));
    });
  }

  private plan(
    goal: Goal,
    old: Resource | undefined,
    { op, inputs, changes, computed }: Decision,
    step: Step,
    doomed: readonly Resource[],
  ): Registered {
    for (const resource of doomed) this.store.drop(resource);
    const kept = op === "same" || op === "update" ? old : undefined;
    const changed = new Set(changes.map(({ path }) => path[0] ?? ""));
    const laid = Object.entries(inputs).filter(([key]) => changed.has(key));
    const unknown = op === "update" ? computed.map((key) => [key, UNKNOWN] as const) : [];
    const outputs = kept ? { ...kept.outputs, ...Object.fromEntries([...laid, ...unknown]) } : inputs;
    this.store.put(resourceOf(goal, inputs, kept?.id ?? "", outputs));
    this.run.tell(step, op === "same" ? "done" : "planned");
    return { urn: goal.urn, id: kept?.id ?? "", outputs, result: "success" };
  }

  /** The remembered resource, also under a former name. */
  private adopt(goal: Goal): Resource | undefined {
    const known = this.store.get(goal.urn);
    if (known) return known.external ? undefined : known;
    const alias = goal.aliases.find((urn) => this.store.get(urn) && !this.registered.has(urn));
    const old = alias && this.store.get(alias);
    if (!old) return undefined;
    this.store.rename(old, goal.urn);
    return this.store.get(goal.urn);
  }

  /** The resource, unless its deletion was cut off and it is found to be gone. */
  private async confirmed(old: Resource | undefined): Promise<Resource | undefined> {
    if (old?.retry !== "read" || this.run.mode.preview) return old;
    const live = await this.acts.read(old);
    if (!live) this.store.drop(old);
    return live && { ...live, retry: "update" };
  }

  private obstacle(goal: Goal): string | undefined {
    const missing = prerequisites(goal).find((urn) => this.lost.has(urn));
    if (missing) return `needs ${parseUrn(missing).name}`;
    if (this.run.mode.preview || goal.type === STACK_TYPE) return undefined;
    if (this.run.stopping) return NOT_STARTED;
    return containsUnknown(goal.inputs) ? "needs a value that is not known" : undefined;
  }

  private lose(goal: Goal, result: "failed" | "skipped", why?: string): Registered {
    if (why) this.run.tell(this.stepOf(goal), "skipped", [why]);
    this.lost.add(goal.urn);
    return { urn: goal.urn, id: this.store.get(goal.urn)?.id ?? "", outputs: {}, result };
  }

  private stepOf({ urn, parent, custom }: Goal, op: Step["op"] = this.store.get(urn) ? "update" : "create"): Step {
    return { op, urn, parent, custom, changes: [] };
  }
}
