/** What the engine remembers of a resource between commands. */
import type { Props } from "../provider";

export interface Resource {
  readonly urn: string;
  /** False for components and the stack: they exist in the program alone. */
  readonly custom: boolean;
  /** Empty for components. */
  readonly id: string;
  /** URN; empty for the stack. */
  readonly parent: string;
  /** `URN::ID` of an explicit provider; empty for the default one. */
  readonly provider: string;
  /** Secrets stay wrapped, here and in `outputs`. */
  readonly inputs: Props;
  readonly outputs: Props;
  readonly dependencies: readonly string[];
  /** URNs that each input was made from. */
  readonly propertyDependencies: Readonly<Record<string, readonly string[]>>;
  readonly protect: boolean;
  readonly retainOnDelete: boolean;
  /** URN of a resource whose deletion takes this one along. */
  readonly deletedWith: string;
  /** Read with `Type.get`: somebody else's, never deleted. */
  readonly external: boolean;
  /**
   * What the next run must do, whatever the diff says. `update`: the last one failed in part or was cut off; `read`: a
   * deletion was cut off, so that nobody knows whether the resource is still there.
   */
  readonly retry?: "update" | "read";
}

/** URNs that must exist as long as this resource does. */
export function needs(resource: Resource): readonly string[] {
  const provider = resource.provider.slice(0, Math.max(0, resource.provider.lastIndexOf("::")));
  const properties = Object.values(resource.propertyDependencies).flat();
  const all = [resource.parent, provider, resource.deletedWith, ...resource.dependencies, ...properties];
  return [...new Set(all)].filter((urn) => urn !== "" && urn !== resource.urn);
}
