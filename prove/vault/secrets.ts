/** Attacks of pods on secrets that are not theirs, by the policies of the server. */
import type { Ask } from "../../policies/vault/acl";
import { KV_OPERATIONS, kvAsk } from "../../policies/vault/kv";
import { cellSecretPath, tenantSecretPath } from "../../registry/names";
import type { Probe, ProbeText } from "../probe";
import { sampleAttackers, sampleVictims } from "../sample";
import { CELL_SECRETS, OF_APPLICATION, type VaultEstate, type VaultTenant } from "./estate";
import { attemptAll, gapsOf, namedPods, type Pod, type PodRequest, podsIn } from "./pods";

const everything = (mount: string, path: string): readonly Ask[] =>
  KV_OPERATIONS.map((operation) => kvAsk(mount, operation, path));

const asksOf = (pods: readonly Pod[], asks: readonly Ask[]): readonly PodRequest[] =>
  pods.flatMap((pod) => asks.map((ask) => ({ pod, ask })));

/** The attacks of each tenant's pods. */
const byTenants = (
  text: ProbeText,
  asksFor: (tenant: VaultTenant, estate: VaultEstate) => readonly Ask[],
): Probe<VaultEstate> => ({
  ...text,
  run: async (estate) =>
    attemptAll(
      text,
      estate,
      sampleAttackers(estate.tenants).flatMap((tenant) => asksOf(podsIn(estate, tenant.slug), asksFor(tenant, estate))),
    ),
});

const OTHERS: ProbeText = {
  name: "vault-secrets-of-others",
  layer: "vault",
  attack:
    "A tenant's pod reads, writes, patches, deletes, undeletes, destroys and lists another tenant's secret, its versions and its metadata.",
  guard: "The one policy of all tenants has the pod's own namespace in its path, and allows to read.",
};

export const secretsOfOthers: Probe<VaultEstate> = {
  ...OTHERS,
  run: async (estate) => {
    const attackers = sampleAttackers(estate.tenants);
    const others = attackers.flatMap((tenant) => {
      const victims = sampleVictims(estate.tenants, tenant);
      const asks = victims.flatMap(({ slug }) => everything(estate.mount, tenantSecretPath(slug)));
      return asksOf(podsIn(estate, tenant.slug), asks);
    });
    const own = attackers.filter(({ slug }) => podsIn(estate, slug).length > 0);
    return [
      ...attemptAll(OTHERS, estate, others),
      ...own.flatMap((tenant) => blindness(estate, tenant)),
      ...gapsOf(OTHERS, estate),
    ];
  },
};

/** Who does not read its own secret either is refused for another reason than the one that is to be proven. */
function blindness(estate: VaultEstate, { slug }: VaultTenant): ReturnType<typeof attemptAll> {
  const requests = asksOf(podsIn(estate, slug), [kvAsk(estate.mount, "read", tenantSecretPath(slug))]);
  const attempts = attemptAll(OTHERS, estate, requests);
  if (attempts.some(({ outcome }) => outcome === "through")) return [];
  return attempts.map((each) => ({ ...each, outcome: "untried", answer: "it does not read its own secret either" }));
}

export const pathsLikeOthers = byTenants(
  {
    name: "vault-paths-like-others",
    layer: "vault",
    attack:
      "It asks by paths that lead to another's secret if somebody resolves them: `..`, `//`, escapes, wildcards, names that begin alike, folders.",
    guard: "The policy's path is exact, and Vault resolves nothing in a path that it compares.",
  },
  (tenant, estate) => {
    const { slug } = tenant;
    const twisted = sampleVictims(estate.tenants, tenant)
      .slice(0, 3)
      .flatMap(({ slug: other }) => [
        `tenants/${slug}/../${other}/db`,
        `tenants/${slug}/db/../../${other}/db`,
        `tenants//${other}/db`,
        `/tenants/${other}/db`,
        `tenants/${other}/db/`,
        `tenants/${other}%2Fdb`,
        `tenants/${other}`,
      ]);
    const alike = [`${slug}2`, slug.slice(0, -1), `${slug}-x`, slug.toUpperCase(), "+", "*", ""].map(tenantSecretPath);
    return [...twisted, ...alike, "tenants/+/+", "tenants/*", "tenants", ""].flatMap((path) =>
      everything(estate.mount, path),
    );
  },
);

export const ownSecretOnly = byTenants(
  {
    name: "vault-more-than-reading",
    layer: "vault",
    attack: "It changes, deletes or destroys its own secret, looks at its history, or keeps others beside it.",
    guard: "The policy allows to read, at one path.",
  },
  ({ slug }, { mount }) => [
    ...everything(mount, tenantSecretPath(slug)).filter(
      ({ capability, path }) => !(capability === "read" && path === kvAsk(mount, "read", tenantSecretPath(slug)).path),
    ),
    ...[`tenants/${slug}`, `tenants/${slug}/other`, `tenants/${slug}/db/x`].flatMap((path) => everything(mount, path)),
  ],
);

export const secretsOfCells = byTenants(
  {
    name: "vault-secrets-of-cells",
    layer: "vault",
    attack:
      "It reads or changes what a cell has: the application's login, the key that signs contexts, the migrator's login.",
    guard: "No policy of a tenant names a cell, and no other role admits its namespace.",
  },
  (_, { mount, cells }) => [
    ...cells.flatMap((cell) => CELL_SECRETS.flatMap((kind) => everything(mount, cellSecretPath(cell, kind)))),
    ...cells.flatMap((cell) => everything(mount, `cells/${cell}`)),
    ...everything(mount, "cells"),
  ],
);

const APPLICATION: ProbeText = {
  name: "vault-application",
  layer: "vault",
  attack:
    "The pooled application's pod takes more than its login and its key: a tenant's secret, a migrator's login, a write.",
  guard: "Its policy allows to read two secrets of each cell.",
};

export const application: Probe<VaultEstate> = {
  ...APPLICATION,
  run: async (estate) => {
    const { mount, cells, tenants } = estate;
    const given = new Set(
      cells.flatMap((cell) => OF_APPLICATION.map((kind) => kvAsk(mount, "read", cellSecretPath(cell, kind)).path)),
    );
    const asks = [
      ...sampleAttackers(tenants).flatMap(({ slug }) => everything(mount, tenantSecretPath(slug))),
      ...cells.flatMap((cell) => CELL_SECRETS.flatMap((kind) => everything(mount, cellSecretPath(cell, kind)))),
      ...["tenants", "cells", ""].flatMap((path) => everything(mount, path)),
    ].filter(({ capability, path }) => !(capability === "read" && given.has(path)));
    return attemptAll(APPLICATION, estate, asksOf(namedPods(estate), asks));
  },
};

const STRANGE: ProbeText = {
  name: "vault-strange-namespaces",
  layer: "vault",
  attack:
    "A pod of a namespace that is no tenant's, or is called by letters that mean something in a path, reads a tenant's or a cell's secret.",
  guard: "Vault fills a name in as text, drops a rule whose name has wildcards, and the path around it is exact.",
};

/** Whatever Kubernetes calls a namespace: the policy has to hold by itself. */
export const strangeNamespaces: Probe<VaultEstate> = {
  ...STRANGE,
  run: async (estate) => {
    const { mount, cells, tenants, roles } = estate;
    const open = roles.filter(({ namespaces }) => namespaces.some((name) => name.includes("*")));
    const victims = sampleAttackers(tenants);
    const asks = [
      ...victims.map(({ slug }) => kvAsk(mount, "read", tenantSecretPath(slug))),
      ...cells.flatMap((cell) => CELL_SECRETS.map((kind) => kvAsk(mount, "read", cellSecretPath(cell, kind)))),
      kvAsk(mount, "list", "tenants"),
    ];
    const names = ["kube-system", "prove-nobody", "", "+", "*", "..", ".", "/", "%2F", "../cells"];
    const built = victims.slice(0, 3).flatMap(({ slug }) => [`x/../${slug}`, `${slug}/db/..`, `${slug}*`, `+/${slug}`]);
    const pods = [...names, ...built].flatMap((namespace) =>
      open.map((role) => ({ namespace, serviceAccount: "default", role })),
    );
    return attemptAll(STRANGE, estate, asksOf(pods, asks));
  },
};
