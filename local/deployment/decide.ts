/** What has to happen to a resource so that it becomes what the program wants. Asks the provider; changes nothing. */
import { TenantryError } from "../../registry/errors";
import type { LocalProvider, Props } from "../provider";
import type { Resource } from "../state/resource";
import { urnOfReference } from "../urn";
import { annotate, openProps } from "../wire";
import { type Change, changesBetween, keepOld, parsePath, touches } from "./changes";
import type { Goal } from "./goal";

export interface Decision {
  readonly op: "same" | "create" | "update" | "replace";
  /** As the provider's check leaves them, secrets wrapped. */
  readonly inputs: Props;
  readonly changes: readonly Change[];
  readonly note?: string;
  /** Outputs that an update will change. */
  readonly computed: readonly string[];
  /** Of a replacement: the old one has to go before the new one can come. */
  readonly deleteFirst: boolean;
}

/** Inputs that the provider does not accept: a failure that `reasons` explain. */
class Refusal extends Error {
  constructor(readonly reasons: readonly string[]) {
    super(reasons.length === 1 ? (reasons[0] ?? "") : `${reasons.length} inputs are refused`);
  }
}

/** @throws Refusal, and TenantryError TN-507 for a protected resource that would be replaced. */
export async function decide(goal: Goal, old: Resource | undefined, provider: LocalProvider): Promise<Decision> {
  const wanted = old ? keepOld(old.inputs, goal.inputs, goal.ignoreChanges) : goal.inputs;
  const checked = await provider.check(goal.urn, old ? openProps(old.inputs) : {}, openProps(wanted));
  if (checked.failures.length > 0) {
    throw new Refusal(checked.failures.map(({ property, reason }) => (property ? `${property}: ${reason}` : reason)));
  }
  const inputs = annotate(checked.inputs, wanted);
  const changes = changesBetween(old?.inputs ?? {}, inputs);
  const decision = { inputs, changes, computed: [], deleteFirst: false };
  if (!old) return { ...decision, op: "create" };

  const diff = await provider.diff(old.id, goal.urn, openProps(old.outputs), openProps(inputs), openProps(old.inputs));
  const forced = goal.replaceOnChanges.filter((path) => changes.some((change) => touches(change, parsePath(path))));
  const moved = urnOfReference(old.provider) !== urnOfReference(goal.provider) ? ["provider"] : [];
  const replaces = [...new Set([...(diff.replaces ?? []), ...forced, ...moved])];
  if (replaces.length > 0) {
    const note = `replaced because of ${replaces.join(", ")}`;
    if (old.protect) throw fenced("replaced", note);
    const deleteFirst = goal.deleteBeforeReplace ?? diff.deleteBeforeReplace ?? false;
    return { ...decision, op: "replace", note, deleteFirst };
  }
  if (diff.changes) {
    const { computed = [] } = diff;
    const silent = changes.length === 0 && computed.length > 0;
    const note = silent ? { note: `the program asks for the same; what differs is its ${computed.join(", ")}` } : {};
    return { ...decision, ...note, op: "update", computed };
  }
  if (old.retry)
    return { ...decision, op: "update", note: "the last run did not finish it", computed: diff.computed ?? [] };
  return { ...decision, op: "same" };
}

export function fenced(fate: "replaced" | "deleted", why: string): TenantryError {
  const advice =
    "keep it, or take its protection away first (`protect`: a dedicated tenant loses it with `status: offboarding`), run up, and then repeat the change";
  return new TenantryError("TN-507", `it is protected and would be ${fate} (${why}); ${advice}`);
}
