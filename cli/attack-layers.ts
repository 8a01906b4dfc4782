/** What `tenantry prove` attacks beside the servers: the files of a stack by its state, and its Vault. */
import { existsSync } from "node:fs";
import { stackHome } from "../local/home";
import { loadProject } from "../local/project";
import { findVault } from "../local/vault/launch";
import { signPodToken } from "../local/vault/pod-tokens";
import { attackCloud } from "../prove/iam/probes";
import { readCloud } from "../prove/iam/read-cloud";
import type { Attempt } from "../prove/probe";
import { attackVault, untriedVault } from "../prove/vault/attack";
import type { LiveVault } from "../prove/vault/live";
import { TenantryError } from "../registry/errors";
import { readApplied } from "./applied";
import { readDirectory, vaultOf } from "./estate";
import { PROJECT_DIR } from "./project";

/** Each makes the attacks of one layer. @throws TenantryError TN-601 when there is no such stack. */
export const attacksBesideServers = (stack: string): readonly (() => Promise<readonly Attempt[]>)[] => [
  () => attackFiles(stack),
  () => attackSecrets(stack),
];

function attackFiles(stack: string): Promise<readonly Attempt[]> {
  const broker = loadProject(PROJECT_DIR, stack).config["tenantry:brokerRoleArn"];
  return attackCloud(readCloud({ resources: readApplied(stack), directory: readDirectory(stack), broker }));
}

async function attackSecrets(stack: string): Promise<readonly Attempt[]> {
  const directory = readDirectory(stack);
  const admitsPods = loadProject(PROJECT_DIR, stack).config["tenantry:kubernetesAuth"] !== undefined;
  try {
    const { mount, ...vault } = await vaultOf(stack);
    return await attackVault({ vault, mount, directory, admitsPods, podToken: podTokens(stack, vault.address) });
  } catch (error) {
    // It is stopped: the rest of the estate is attacked all the same.
    if (error instanceof TenantryError && error.code === "TN-605") return untriedVault(error.message);
    throw error;
  }
}

/** The Vault of this machine believes whoever holds its root token. Another one asks its cluster, which is out of reach here. */
function podTokens(stack: string, address: string): LiveVault["podToken"] {
  const home = stackHome(PROJECT_DIR, stack);
  const local = existsSync(home) ? findVault(home) : undefined;
  if (local?.address !== address) return () => undefined;
  return ({ namespace, serviceAccount, audience }) =>
    signPodToken(local.token, { namespace, name: serviceAccount }, audience ?? "");
}
