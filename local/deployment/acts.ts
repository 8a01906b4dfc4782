/** The acts on one resource: the provider does it, the state remembers before and after. */
import { TenantryError } from "../../registry/errors";
import { carryDrift } from "../drift";
import type { Props } from "../provider";
import type { Resource } from "../state/resource";
import type { Store } from "../state/store";
import { isProviderType, parseUrn } from "../urn";
import { annotate, isRecord, openProps } from "../wire";
import { type Goal, resourceOf } from "./goal";
import type { Providers } from "./providers";

export class Acts {
  constructor(
    private readonly store: Store,
    private readonly providers: Providers,
  ) {}

  /** With `old`, the new resource takes its place, and `old` is to be deleted at the end. */
  async create(goal: Goal, inputs: Props, old?: Resource): Promise<Resource> {
    const draft = resourceOf(goal, inputs, "", {});
    const keep = (made: Resource) => (old ? this.store.supersede(old, made) : this.store.put(made));
    const begun = await this.store.begin("create", draft);
    const answer = await this.providers
      .of(goal.type, goal.provider)
      .create(goal.urn, openProps(inputs))
      .catch(async (error: unknown) => {
        const left = leftBy(error);
        const outputs = annotate(left?.properties ?? {}, inputs, goal.additionalSecretOutputs);
        const inState = {
          ...draft,
          id: left?.id ?? "",
          outputs,
          inputs: carryDrift(inputs, {}, outputs),
          retry: "update" as const,
        };
        await begun.end(() => (left?.id ? keep(inState) : this.store.settle(goal.urn)));
        throw error;
      });
    const made = { ...draft, id: answer.id, outputs: annotate(answer.outs, inputs, goal.additionalSecretOutputs) };
    await begun.end(() => keep(made));
    return made;
  }

  async update(goal: Goal, inputs: Props, old: Resource): Promise<Resource> {
    const draft = resourceOf(goal, inputs, old.id, old.outputs);
    const begun = await this.store.begin("update", old);
    const answer = await this.providers
      .of(goal.type, goal.provider)
      .update(old.id, goal.urn, openProps(old.outputs), openProps(inputs))
      .catch(async (error: unknown) => {
        const left = leftBy(error)?.properties;
        const outputs = left ? annotate(left, inputs, goal.additionalSecretOutputs) : old.outputs;
        const done = left ? { ...draft, outputs, inputs: carryDrift(inputs, {}, outputs) } : old;
        await begun.end(() => this.store.put({ ...done, retry: "update" }));
        throw error;
      });
    const made = { ...draft, outputs: annotate(answer.outs, inputs, goal.additionalSecretOutputs) };
    await begun.end(() => this.store.put(made));
    return made;
  }

  /** Asks before anything else is deleted what the provider would refuse in the end. */
  assertRemovable(resource: Resource, gone: ReadonlySet<string>): void {
    if (!reachesProvider(resource, gone)) return;
    const provider = this.providers.of(parseUrn(resource.urn).type, resource.provider);
    provider.assertDeletable?.(resource.urn, openProps(resource.outputs));
  }

  /** `gone` are the URNs that go in the same command: what lives in one of them goes with it. */
  async remove(resource: Resource, gone: ReadonlySet<string>): Promise<void> {
    const { urn, id } = resource;
    const { type } = parseUrn(urn);
    if (!reachesProvider(resource, gone)) {
      this.store.drop(resource);
      return this.store.save();
    }
    const begun = await this.store.begin("delete", resource);
    try {
      await this.providers.of(type, resource.provider).delete(id, urn, openProps(resource.outputs));
    } catch (error) {
      await begun.end(() => undefined);
      throw error;
    }
    await begun.end(() => this.store.drop(resource));
  }

  /** The resource as it is found; nothing when it is gone. Drifted outputs are carried into the inputs. */
  async read(resource: Resource): Promise<Resource | undefined> {
    const provider = this.providers.of(parseUrn(resource.urn).type, resource.provider);
    const { id, props } = await provider.read(resource.id, resource.urn, openProps(resource.outputs));
    if (!id) return undefined;
    const outputs = annotate(props ?? {}, { ...resource.outputs, ...resource.inputs });
    return { ...resource, id, outputs, inputs: carryDrift(resource.inputs, resource.outputs, outputs) };
  }

  /** Somebody else's resource, looked up by its id. */
  async lookUp(goal: Goal, id: string): Promise<Resource> {
    const provider = this.providers.of(goal.type, goal.provider);
    const found = await provider.read(id, goal.urn, openProps(goal.inputs));
    if (!found.id) throw new TenantryError("TN-505", `${goal.type} with id "${id}" does not exist on this machine`);
    const outputs = annotate(found.props ?? {}, goal.inputs, goal.additionalSecretOutputs);
    return { ...resourceOf(goal, goal.inputs, found.id, outputs), external: true };
  }
}

/** False for what is only forgotten: nobody's, somebody else's, or gone with what it lives in. */
const reachesProvider = ({ urn, custom, deletedWith, external, retainOnDelete }: Resource, gone: ReadonlySet<string>) =>
  custom && !external && !retainOnDelete && !gone.has(deletedWith) && !isProviderType(parseUrn(urn).type);

/** What a partial failure says was done. */
function leftBy(error: unknown): { readonly id: string; readonly properties?: Props } | undefined {
  if (!isRecord(error) || typeof error.id !== "string" || error.id === "") return undefined;
  return isRecord(error.properties) ? { id: error.id, properties: error.properties } : { id: error.id };
}
