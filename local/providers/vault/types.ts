/** Resource types of Vault, as rows: where each lives in the API, and which inputs are sent there. */
import type { Props } from "../../provider";
import { text } from "../stand-in";

export interface VaultType {
  readonly required: readonly string[];
  readonly replaceOn: readonly string[];
  /** Inputs that are sent, in camel case as the program writes them. */
  readonly fields: readonly string[];
  /** Path in the API. */
  path(inputs: Props): string;
  id(inputs: Props): string;
  /** False for a setting of something else, which goes with that. */
  readonly deletable: boolean;
  /** True where a second POST is refused: it is made once, and then only read. */
  readonly madeOnce?: boolean;
  /** Outputs that Vault gives. */
  readonly outputs?: readonly string[];
}

const authPath = (inputs: Props) => text({ path: inputs.type, ...inputs }, "path");
const configPath = (inputs: Props) => `auth/${text(inputs, "backend")}/config`;
const rolePath = (inputs: Props) => `auth/${text(inputs, "backend")}/role/${text(inputs, "roleName")}`;

export const TYPES: Readonly<Record<string, VaultType>> = {
  "vault:index/mount:Mount": {
    required: ["path", "type"],
    replaceOn: ["path", "type", "options", "description"],
    fields: ["type", "options", "description"],
    path: (inputs) => `sys/mounts/${text(inputs, "path")}`,
    id: (inputs) => text(inputs, "path"),
    deletable: true,
    madeOnce: true,
    outputs: ["accessor"],
  },
  "vault:kv/secretBackendV2:SecretBackendV2": {
    required: ["mount"],
    replaceOn: ["mount"],
    fields: ["casRequired", "maxVersions", "deleteVersionAfter"],
    path: (inputs) => `${text(inputs, "mount")}/config`,
    id: (inputs) => `${text(inputs, "mount")}/config`,
    deletable: false,
  },
  "vault:index/policy:Policy": {
    required: ["name", "policy"],
    replaceOn: ["name"],
    fields: ["policy"],
    path: (inputs) => `sys/policies/acl/${text(inputs, "name")}`,
    id: (inputs) => text(inputs, "name"),
    deletable: true,
  },
  "vault:index/authBackend:AuthBackend": {
    required: ["type"],
    replaceOn: ["type", "path", "description"],
    fields: ["type", "description"],
    path: (inputs) => `sys/auth/${authPath(inputs)}`,
    id: authPath,
    deletable: true,
    madeOnce: true,
    outputs: ["accessor"],
  },
  "vault:kubernetes/authBackendConfig:AuthBackendConfig": {
    required: ["backend", "kubernetesHost"],
    replaceOn: ["backend"],
    fields: ["kubernetesHost", "kubernetesCaCert", "issuer", "disableLocalCaJwt", "disableIssValidation"],
    path: configPath,
    id: configPath,
    deletable: false,
  },
  "vault:kubernetes/authBackendRole:AuthBackendRole": {
    required: ["backend", "roleName", "boundServiceAccountNames", "boundServiceAccountNamespaces"],
    replaceOn: ["backend", "roleName"],
    fields: [
      "boundServiceAccountNames",
      "boundServiceAccountNamespaces",
      "audience",
      "tokenPolicies",
      "tokenTtl",
      "tokenMaxTtl",
      "aliasNameSource",
    ],
    path: rolePath,
    id: rolePath,
    deletable: true,
  },
};
