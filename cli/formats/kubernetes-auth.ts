/** How pods prove to Vault who they are, as the stack configures it for the program. */
import { z } from "zod";
import type { Project } from "../../local/project";
import { TenantryError } from "../../registry/errors";
import { DEFAULT_KUBERNETES_AUTH, DEFAULT_VAULT_MOUNT } from "../../registry/names";

const { path, audience, serviceAccount } = DEFAULT_KUBERNETES_AUTH;
const names = z.array(z.string()).min(1);
const shape = z.object({
  path: z.string().default(path),
  audience: z.string().default(audience),
  serviceAccounts: names.default([serviceAccount]),
  application: z.object({ namespaces: names, serviceAccounts: names }).optional(),
});

export interface VaultForPods extends z.infer<typeof shape> {
  readonly address: string;
  readonly mount: string;
}

/** @throws TenantryError TN-607 for a stack in which no pod reads from Vault. */
export function readVaultForPods({ stack, config }: Project): VaultForPods {
  const written = config["tenantry:kubernetesAuth"];
  if (written === undefined) {
    const fix = "pulumi config set --path tenantry:kubernetesAuth.host https://kubernetes.example.com";
    throw new TenantryError(
      "TN-607",
      `stack ${stack} has no tenantry:kubernetesAuth: no pod reads secrets; type: ${fix}`,
    );
  }
  return {
    ...shape.parse(JSON.parse(written)),
    address: config["tenantry:vaultAddress"] ?? "",
    mount: config["tenantry:vaultMount"] ?? DEFAULT_VAULT_MOUNT,
  };
}
