/** The pods that may log in, and what their tokens permit. */
import { type Ask, permits } from "../../policies/vault/acl";
import { parsePolicy, type Rule } from "../../policies/vault/policy";
import { fillIn } from "../../policies/vault/template";
import type { Attempt, ProbeText } from "../probe";
import type { PodRole, VaultEstate } from "./estate";

export interface Pod {
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly role: PodRole;
}

/** A name that somebody who rules a namespace may give an account. */
const ANY = "default";

/** The pods of a namespace whose owner makes the accounts there: one for each role and account that it admits. */
export const podsIn = ({ roles }: VaultEstate, namespace: string): readonly Pod[] =>
  roles
    .filter(({ namespaces }) => namespaces.some((pattern) => matches(pattern, namespace)))
    .flatMap((role) =>
      role.serviceAccounts.map((name) => ({ namespace, serviceAccount: name.replaceAll("*", ANY), role })),
    );

/** The pods that roles name, in namespaces that are no tenant's. */
export const namedPods = (estate: VaultEstate): readonly Pod[] => {
  const named = new Set(estate.roles.flatMap(({ namespaces }) => namespaces.filter((name) => !name.includes("*"))));
  return [...named]
    .filter((name) => !estate.tenants.some(({ slug }) => slug === name))
    .flatMap((name) => podsIn(estate, name));
};

/** Whether a name is what a role admits. */
export function matches(pattern: string, name: string): boolean {
  const parts = pattern.split("*").map((text) => text.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`, "s").test(name);
}

export interface PodRequest {
  readonly pod: Pod;
  readonly ask: Ask;
}

const COMMANDS: Readonly<Record<Ask["capability"], string>> = {
  create: "write",
  read: "read",
  update: "write",
  patch: "patch",
  delete: "delete",
  list: "list",
  sudo: "read",
};

export const nameOf = ({ namespace, serviceAccount, role }: Pod): string =>
  `a pod of ${namespace || "no namespace"} (service account ${serviceAccount}, role ${role.name} of ${role.method})`;

const vaultCommand = ({ capability, path }: Ask): string =>
  `vault ${COMMANDS[capability]} '${path.replaceAll("'", "'\\''")}'`;

/** Asks the policies of each pod. Two pods may ask thousands of times: each pod's rules are made once. */
export function attemptAll(probe: ProbeText, estate: VaultEstate, requests: readonly PodRequest[]): readonly Attempt[] {
  const known = new Map<Pod, readonly (readonly [string, readonly Rule[]])[]>();
  const rulesOf = (pod: Pod) => {
    const rules = known.get(pod) ?? policiesOf(estate, pod);
    known.set(pod, rules);
    return rules;
  };
  return requests.map(({ pod, ask }) => {
    const policies = rulesOf(pod);
    const allowed = permits(
      policies.flatMap(([, rules]) => rules),
      ask,
    );
    const by = policies.filter(([, rules]) => permits(rules, ask)).map(([name]) => name);
    return {
      probe: probe.name,
      where: probe.layer,
      who: nameOf(pod),
      target: ask.path,
      statement: `${vaultCommand(ask)} # ${ask.capability}`,
      outcome: allowed ? "through" : "refused",
      answer: allowed ? `allowed by ${by.join(", ") || "its policies together"}` : "no policy of the token allows it",
    };
  });
}

/** Rules by policy, filled in with what the method vouches for. */
function policiesOf({ policies }: VaultEstate, { namespace, serviceAccount, role }: Pod) {
  const metadata = {
    role: role.name,
    service_account_name: serviceAccount,
    service_account_namespace: namespace,
  };
  return [...new Set(role.policies)].map(
    (name) => [name, fillIn(parsePolicy(policies.get(name) ?? ""), { [role.accessor]: metadata })] as const,
  );
}

/** What could not be looked at. */
export const gapsOf = (probe: ProbeText, { gaps }: VaultEstate): readonly Attempt[] =>
  gaps.map(({ target, why }) => ({
    probe: probe.name,
    where: probe.layer,
    who: "every pod",
    target,
    statement: `vault read '${target}'`,
    outcome: "untried",
    answer: why,
  }));
