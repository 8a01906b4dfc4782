/** What may be read from Vault, and by whom, in Vault's policy language. */

/**
 * One policy for all tenants: Vault fills in the namespace of the pod that asks, which has the tenant's slug as its name.
 * `accessor` is that of the Kubernetes auth method which vouches for the namespace.
 */
export function tenantPolicy(mount: string, accessor: string): string {
  const namespace = `{{identity.entity.aliases.${accessor}.metadata.service_account_namespace}}`;
  return readOnly(`${mount}/data/tenants/${namespace}/db`);
}

/** The pooled application: its login and its signing key in every cell, and nobody's own secret. */
export function applicationPolicy(mount: string): string {
  return [readOnly(`${mount}/data/cells/+/app`), readOnly(`${mount}/data/cells/+/context`)].join("\n");
}

const readOnly = (path: string): string => `path "${path}" {\n  capabilities = ["read"]\n}\n`;
