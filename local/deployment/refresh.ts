/** Looks at every resource as it is, and remembers what it sees. */
import { needs, type Resource } from "../state/resource";
import type { Store } from "../state/store";
import { isProviderType, parseUrn } from "../urn";
import { Acts } from "./acts";
import { changesBetween } from "./changes";
import { inOrder } from "./order";
import type { Providers } from "./providers";
import type { Run } from "./run";
import { NOT_STARTED } from "./step";

/** A resource that cannot be looked at keeps its last known outputs; the others are seen all the same. */
export async function refresh(store: Store, providers: Providers, run: Run): Promise<void> {
  const acts = new Acts(store, providers);
  const isReal = ({ custom, urn }: Resource) => custom && !isProviderType(parseUrn(urn).type);
  const items = store.resources.filter(isReal);
  for (const { urn, parent, custom } of store.resources.filter((resource) => !isReal(resource))) {
    run.tell({ op: "same", urn, parent, custom, changes: [] }, "done");
  }
  const byUrn = new Map(items.map((resource) => [resource.urn, resource]));
  await inOrder(
    items,
    (resource) => needs(resource).flatMap((urn) => byUrn.get(urn) ?? []),
    (resource) => run.limit(() => look(resource, acts, store, run)),
    () => undefined,
  );
  await store.save();
}

async function look(old: Resource, acts: Acts, store: Store, run: Run): Promise<true> {
  const { urn, parent, custom } = old;
  const step = { op: "refresh", urn, parent, custom, changes: [] } as const;
  try {
    if (run.stopping) {
      run.tell(step, "skipped", [NOT_STARTED]);
      return true;
    }
    const live = isGone(old.deletedWith, store) ? undefined : await acts.read(old);
    if (live) {
      if (live.id !== old.id || changesBetween(old.outputs, live.outputs).length > 0) store.put(live);
      run.tell({ ...step, changes: changesBetween(old.outputs, live.outputs) }, "done");
    } else {
      store.drop(old);
      run.tell({ ...step, op: "delete", note: "is gone" }, "done");
    }
  } catch (error) {
    run.refuse(step, error, "failed");
  }
  return true;
}

/** What lives in a resource is gone with it, and cannot be asked. */
const isGone = (urn: string, store: Store): boolean => urn !== "" && !store.get(urn);
