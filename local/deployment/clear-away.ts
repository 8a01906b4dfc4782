/** What has to go before the replacement of a resource can come: the resource, and what cannot live through its absence. */
import { UNKNOWN } from "../provider";
import type { Resource } from "../state/resource";
import type { Store } from "../state/store";
import { parseUrn } from "../urn";
import { openProps } from "../wire";
import { fenced } from "./decide";
import type { Providers } from "./providers";

/** In the order in which they can be deleted; `root` comes last. Throws TenantryError TN-507 when one of them is protected. */
export async function fallingWith(root: Resource, store: Store, providers: Providers): Promise<readonly Resource[]> {
  const doomed = new Map([[root.urn, root]]);
  // The state lists a resource after those that it was made from.
  for (const resource of store.resources) {
    if (await fallsWith(resource, doomed, providers)) doomed.set(resource.urn, resource);
  }
  for (const resource of doomed.values()) {
    if (resource.protect) throw fenced("replaced", `with ${parseUrn(root.urn).name}`);
  }
  return [...doomed.values()].reverse();
}

/** True when an input that comes from one of `doomed` cannot change without a replacement. */
async function fallsWith(
  resource: Resource,
  doomed: ReadonlyMap<string, Resource>,
  providers: Providers,
): Promise<boolean> {
  const { id, urn, inputs, outputs, propertyDependencies } = resource;
  const changing = Object.entries(propertyDependencies).filter(([, urns]) => urns.some((other) => doomed.has(other)));
  if (!resource.custom || resource.external || changing.length === 0) return false;
  const news = { ...openProps(inputs), ...Object.fromEntries(changing.map(([key]) => [key, UNKNOWN])) };
  const provider = providers.of(parseUrn(urn).type, resource.provider);
  const { replaces = [] } = await provider.diff(id, urn, openProps(outputs), news, openProps(inputs));
  return replaces.length > 0;
}
