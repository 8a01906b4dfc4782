/** A resource as the program wants it. */
import type { Props } from "../provider";
import type { Resource } from "../state/resource";
import { urnOfReference } from "../urn";

export interface Goal {
  readonly urn: string;
  readonly type: string;
  readonly custom: boolean;
  readonly parent: string;
  readonly provider: string;
  readonly inputs: Props;
  readonly dependencies: readonly string[];
  readonly propertyDependencies: Readonly<Record<string, readonly string[]>>;
  readonly protect: boolean;
  readonly retainOnDelete: boolean;
  readonly deletedWith: string;
  /** Missing: as the provider says. */
  readonly deleteBeforeReplace?: boolean;
  readonly ignoreChanges: readonly string[];
  readonly replaceOnChanges: readonly string[];
  /** Former URNs. */
  readonly aliases: readonly string[];
  readonly additionalSecretOutputs: readonly string[];
}

/** URNs that must be there before the goal can be reached. */
export function prerequisites(goal: Goal): readonly string[] {
  const properties = Object.values(goal.propertyDependencies).flat();
  return [goal.parent, urnOfReference(goal.provider), goal.deletedWith, ...goal.dependencies, ...properties];
}

/** What the state will remember, once `id` and `outputs` are known. */
export function resourceOf(goal: Goal, inputs: Props, id: string, outputs: Props): Resource {
  const { urn, custom, parent, provider, dependencies, propertyDependencies, protect, retainOnDelete, deletedWith } =
    goal;
  const options = { protect, retainOnDelete, deletedWith, external: false };
  return { urn, custom, id, parent, provider, inputs, outputs, dependencies, propertyDependencies, ...options };
}
