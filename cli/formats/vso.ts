/**
 * Manifests for the Vault Secrets Operator, which keeps a Kubernetes Secret like the tenant's secret in Vault. Pure.
 * Source: the custom resource definitions of `secrets.hashicorp.com/v1beta1`.
 */
import { stringify } from "yaml";
import { TenantryError } from "../../registry/errors";
import { cellSecretPath, tenantSecretPath, VAULT_POLICIES } from "../../registry/names";
import type { Tenant } from "../../registry/types";
import { FACTS, type Fact } from "./facts";
import type { VaultForPods } from "./kubernetes-auth";
import { type NamingOptions, parseNaming, usualVariable } from "./naming";

export interface VsoOptions extends NamingOptions {
  /** How often Vault is asked whether the secret changed: `30s`, `10m`, `1h`. */
  readonly refreshAfter: string;
  /** `Deployment/api`: what is restarted when it did. */
  readonly restart: readonly string[];
  /** Vault Enterprise and HCP alone. */
  readonly vaultNamespace?: string;
}

const NAME = "tenantry";
const WORKLOADS = ["Deployment", "DaemonSet", "StatefulSet", "argo.Rollout"] as const;
const RULES = {
  format: "vso",
  prefix: "",
  usual: usualVariable,
  allowed: /^[-._a-zA-Z0-9]+$/,
  words: "letters, digits, dots, hyphens and underscores, such as DATABASE_SCHEMA",
};

/** Who reads in Kubernetes, as whom in Vault, and what. */
interface Reader {
  readonly about: string;
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly role: string;
  /** Name of the Kubernetes Secret to path in the mount. */
  readonly secrets: Readonly<Record<string, string>>;
}

/** One text for `kubectl apply -f -`. @throws TenantryError TN-606, or TN-607 where nobody may read the secret. */
export function renderVso(tenant: Tenant, vault: VaultForPods, options: VsoOptions): string {
  const reader = tenant.tier === "pooled" ? applicationOf(tenant, vault) : tenantOf(tenant, vault);
  const manifests = [
    manifest("VaultConnection", NAME, reader, { address: vault.address, skipTLSVerify: false }),
    manifest("VaultAuth", NAME, reader, authOf(reader, vault, options)),
    ...Object.entries(reader.secrets).map(([name, path]) =>
      manifest("VaultStaticSecret", name, reader, secretOf(name, path, vault, options)),
    ),
  ];
  return `# ${reader.about}\n${manifests.map((each) => stringify(each, { lineWidth: 0 })).join("---\n")}`.trimEnd();
}

function tenantOf({ slug }: Tenant, { serviceAccounts }: VaultForPods): Reader {
  return {
    about: `The secret of ${slug}, in the Kubernetes namespace of the same name, which must exist.`,
    namespace: slug,
    serviceAccount: nameIn(serviceAccounts),
    role: VAULT_POLICIES.tenants,
    secrets: { [`${NAME}-database`]: tenantSecretPath(slug) },
  };
}

/** A pooled tenant has no login, so no secret: the application has one for all pooled tenants of a cell. */
function applicationOf({ slug, cell }: Tenant, { application }: VaultForPods): Reader {
  if (!application) {
    throw new TenantryError(
      "TN-607",
      `${slug} is pooled: the application's secret serves it, and the stack does not say who the application is; type: ` +
        "pulumi config set --path 'tenantry:kubernetesAuth.application.namespaces[0]' shop, and the same for serviceAccounts",
    );
  }
  return {
    about: `${slug} is pooled: this is the application's secret for all pooled tenants of cell ${cell}.`,
    namespace: nameIn(application.namespaces),
    serviceAccount: nameIn(application.serviceAccounts),
    role: VAULT_POLICIES.application,
    secrets: {
      [`${NAME}-${cell}-app`]: cellSecretPath(cell, "app"),
      [`${NAME}-${cell}-context`]: cellSecretPath(cell, "context"),
    },
  };
}

function authOf(reader: Reader, { path, audience }: VaultForPods, { vaultNamespace }: VsoOptions) {
  const { role, serviceAccount } = reader;
  return {
    vaultConnectionRef: NAME,
    ...(vaultNamespace && { namespace: vaultNamespace }),
    method: "kubernetes",
    mount: path,
    kubernetes: { role, serviceAccount, audiences: [audience] },
  };
}

function secretOf(name: string, path: string, { mount }: VaultForPods, options: VsoOptions) {
  if (!/^\d+(\.\d+)?[smh]$/.test(options.refreshAfter)) {
    throw new TenantryError(
      "TN-606",
      `--refresh-after is ${options.refreshAfter}; allowed is a time such as 30s, 10m or 1h`,
    );
  }
  const targets = options.restart.map(parseTarget);
  return {
    vaultAuthRef: NAME,
    mount,
    type: "kv-v2",
    path,
    refreshAfter: options.refreshAfter,
    destination: { name, create: true, transformation: { excludeRaw: true, ...renamed(path, options) } },
    ...(targets.length > 0 && { rolloutRestartTargets: targets }),
  };
}

/** With names of the deployment's own the Secret has those alone. The key that signs contexts keeps the names it has. */
function renamed(path: string, options: VsoOptions) {
  if ((options.prefix === undefined && options.names === undefined) || path.endsWith("/context")) return {};
  const nameOf = parseNaming(options, RULES);
  const templates = FACTS.flatMap((fact) => {
    const name = nameOf(fact);
    return name === undefined ? [] : [[name, { text: `{{- ${TEMPLATES[fact]} -}}` }] as const];
  });
  return { excludes: [".*"], templates: Object.fromEntries(templates) };
}

const get = (fact: Fact) => `get .Secrets "${fact}"`;
const TEMPLATES: Readonly<Record<Fact, string>> = {
  host: get("host"),
  port: get("port"),
  database: get("database"),
  schema: get("schema"),
  sslmode: get("sslmode"),
  username: get("username"),
  password: get("password"),
  url: get("url"),
  schemaUrl: `printf "%s&schema=%s" (${get("url")}) (${get("schema")})`,
};

function parseTarget(text: string): { readonly kind: string; readonly name: string } {
  const [kind = "", name = "", ...rest] = text.split("/");
  const known = WORKLOADS.find((each) => each === kind);
  if (known && /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(name) && rest.length === 0) return { kind: known, name };
  throw new TenantryError(
    "TN-606",
    `--restart ${text}; allowed are ${WORKLOADS.join(", ")}, a slash and a name; type for example --restart Deployment/api`,
  );
}

/** Vault may let any name in; a manifest says one. */
const nameIn = (names: readonly string[]): string => names.find((name) => name !== "*") ?? "default";

const manifest = (kind: string, name: string, { namespace }: Reader, spec: Readonly<Record<string, unknown>>) => ({
  apiVersion: "secrets.hashicorp.com/v1beta1",
  kind,
  metadata: { name, namespace },
  spec,
});
