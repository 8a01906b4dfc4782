/** Deletes resources, each after those that need it; none of them while one is protected from deletion. */
import { needs, type Resource } from "../state/resource";
import type { Store } from "../state/store";
import type { Acts } from "./acts";
import { inOrder } from "./order";
import { Reported, type Run } from "./run";
import { NOT_STARTED, type Step } from "./step";

export async function remove(doomed: readonly Resource[], store: Store, acts: Acts, run: Run): Promise<void> {
  const gone = new Set(doomed.map(({ urn }) => urn));
  const condemned = new Set(store.condemned);
  const users = new Map<string, Resource[]>();
  for (const resource of doomed) {
    for (const urn of needs(resource)) users.set(urn, [...(users.get(urn) ?? []), resource]);
  }
  const stepOf = (resource: Resource) => deletion(resource, condemned.has(resource) ? "discard" : "delete");
  const refused = doomed.flatMap((resource) => {
    const error = refusal(() => acts.assertRemovable(resource, gone));
    return error === undefined ? [] : [{ resource, error }];
  });
  for (const { resource, error } of refused) run.refuse(stepOf(resource), error);
  // What lives on a protected server must not be taken apart before the server refuses.
  if (refused.length > 0) return;
  const one = async (resource: Resource): Promise<boolean> => {
    const step = stepOf(resource);
    if (run.mode.preview) run.tell(step, "planned");
    else if (run.stopping) run.tell(step, "skipped", [NOT_STARTED]);
    else return run.act(step, () => acts.remove(resource, gone)).then(() => true, isReported);
    return run.mode.preview;
  };
  await inOrder(
    doomed,
    (resource) => users.get(resource.urn) ?? [],
    (resource) => run.limit(() => one(resource)),
    (resource) => run.tell(stepOf(resource), "skipped", ["something that needs it is still there"]),
  );
}

export function deletion({ urn, parent, custom, retainOnDelete }: Resource, op: "delete" | "discard" = "delete"): Step {
  return { op, urn, parent, custom, changes: [], ...(retainOnDelete && { note: "left where it is (retainOnDelete)" }) };
}

function refusal(assert: () => void): unknown {
  try {
    assert();
    return undefined;
  } catch (error) {
    return error;
  }
}

function isReported(error: unknown): false {
  if (error instanceof Reported) return false;
  throw error;
}
