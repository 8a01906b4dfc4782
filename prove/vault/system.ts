/** Attacks of pods on what makes a Vault: policies, methods, roles, tokens, mounts. */
import type { Ask } from "../../policies/vault/acl";
import type { Probe, ProbeText } from "../probe";
import { sampleAttackers } from "../sample";
import type { VaultEstate } from "./estate";
import { attemptAll, namedPods, podsIn } from "./pods";

const SYSTEM: ProbeText = {
  name: "vault-system",
  layer: "vault",
  attack:
    "A pod rewrites policies, roles or methods, makes tokens, mounts, entities or audit devices, reads raw storage, or seals the server.",
  guard:
    "No policy of a pod names anything of `sys/`, `auth/` or `identity/`, beside what Vault lets every token do with itself.",
};

const WRITE = ["create", "update"] as const;
const EVERYTHING = ["create", "read", "update", "delete", "list", "sudo"] as const;

export const system: Probe<VaultEstate> = {
  ...SYSTEM,
  run: async (estate) => {
    const asks = asksOn(estate);
    const pods = [...sampleAttackers(estate.tenants).flatMap(({ slug }) => podsIn(estate, slug)), ...namedPods(estate)];
    return attemptAll(
      SYSTEM,
      estate,
      pods.flatMap((pod) => asks.map((ask) => ({ pod, ask }))),
    );
  },
};

function asksOn({ mount, policies, roles }: VaultEstate): readonly Ask[] {
  const methods = [...new Set(roles.map(({ method }) => method))];
  const paths: readonly (readonly [string, readonly Ask["capability"][]])[] = [
    ...[...policies.keys(), "prove"].map((name) => [`sys/policies/acl/${name}`, EVERYTHING] as const),
    ["sys/policies/acl", ["list"]],
    ...roles.map(({ method, name }) => [`auth/${method}/role/${name}`, EVERYTHING] as const),
    ...methods.map((method) => [`auth/${method}/config`, EVERYTHING] as const),
    ...methods.map((method) => [`sys/auth/${method}`, EVERYTHING] as const),
    ["sys/auth/prove", WRITE],
    ["auth/token/create", WRITE],
    ["auth/token/create-orphan", WRITE],
    ["auth/token/roles/prove", WRITE],
    ["auth/token/accessors", ["list", "sudo"]],
    [`sys/mounts/${mount}`, EVERYTHING],
    [`sys/mounts/${mount}/tune`, WRITE],
    [`${mount}/config`, EVERYTHING],
    ["sys/mounts/prove", WRITE],
    ["sys/remount", WRITE],
    ["sys/audit/prove", EVERYTHING],
    ["sys/raw/core/keyring", EVERYTHING],
    ["sys/storage/raft/snapshot", EVERYTHING],
    ["sys/generate-root/attempt", WRITE],
    ["sys/seal", WRITE],
    ["sys/step-down", WRITE],
    ["sys/rotate", WRITE],
    ["sys/plugins/catalog/secret/prove", WRITE],
    ["identity/entity", WRITE],
    ["identity/entity-alias", WRITE],
    ["identity/group", WRITE],
    ["identity/entity/name", ["list"]],
  ];
  return paths.flatMap(([path, capabilities]) => capabilities.map((capability) => ({ capability, path })));
}
