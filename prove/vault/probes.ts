/** All attacks on secrets that are evaluated, over the policies that a running Vault has. Those that are carried out: `live.ts`. */
import type { Probe } from "../probe";
import type { VaultEstate } from "./estate";
import {
  application,
  ownSecretOnly,
  pathsLikeOthers,
  secretsOfCells,
  secretsOfOthers,
  strangeNamespaces,
} from "./secrets";
import { system } from "./system";

export const VAULT_PROBES: readonly Probe<VaultEstate>[] = [
  secretsOfOthers,
  pathsLikeOthers,
  ownSecretOnly,
  secretsOfCells,
  application,
  strangeNamespaces,
  system,
];
