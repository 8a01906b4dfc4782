/** For every attack on secrets, what turns it red: the same Vault with one policy or role widened. */
import { applicationPolicy, tenantPolicy } from "../../components/vault-policies";
import type { ControlText } from "../../prove/probe";
import type { PodRole, VaultEstate } from "../../prove/vault/estate";

/** A running Vault, as the program sets it up, for whoever spoils it. */
interface SpoiltVault {
  readonly accessor: string;
  readonly allow: (policy: string, text: string) => Promise<unknown>;
  readonly makeRole: (
    name: string,
    namespaces: readonly string[],
    accounts: readonly string[],
    audience?: string,
  ) => Promise<unknown>;
}

export interface LiveControl extends ControlText {
  readonly spoil: (vault: SpoiltVault) => Promise<unknown>;
  /** A path that pods then reach. */
  readonly opens: string;
}

export interface VaultControl extends ControlText {
  readonly spoil: (estate: VaultEstate) => VaultEstate;
}

const ACCESSOR = "auth_kubernetes_1";
const role = (more: Pick<PodRole, "name"> & Partial<PodRole>): PodRole => ({
  method: "tenantry",
  accessor: ACCESSOR,
  namespaces: ["*"],
  serviceAccounts: ["default"],
  audience: "vault",
  policies: [more.name, "default"],
  ...more,
});

/** Some of what Vault allows every token to do with itself. */
const DEFAULT = `
path "auth/token/lookup-self" { capabilities = ["read"] }
path "auth/token/revoke-self" { capabilities = ["update"] }
path "sys/capabilities-self" { capabilities = ["update"] }
path "cubbyhole/*" { capabilities = ["create", "read", "update", "delete", "list"] }
path "identity/entity/id/{{identity.entity.id}}" { capabilities = ["read"] }
path "sys/leases/lookup" { capabilities = ["update"] }`;

/** As the program makes it. */
export const ESTATE: VaultEstate = {
  mount: "secret",
  policies: new Map([
    ["default", DEFAULT],
    ["tenantry-tenants", tenantPolicy("secret", ACCESSOR)],
    ["tenantry-application", applicationPolicy("secret")],
  ]),
  roles: [
    role({ name: "tenantry-tenants" }),
    role({ name: "tenantry-application", namespaces: ["shop"], serviceAccounts: ["api"] }),
  ],
  tenants: ["birch", "birch-2", "cedar", "dover"].map((slug) => ({ slug, named: false })),
  cells: ["eu-1", "us-1"],
  gaps: [],
};

const NAMESPACE = `{{identity.entity.aliases.${ACCESSOR}.metadata.service_account_namespace}}`;

const policy =
  (name: string, rewrite: (text: string) => string): VaultControl["spoil"] =>
  (estate) => {
    const before = estate.policies.get(name) ?? "";
    const after = rewrite(before);
    if (after === before) throw new Error(`${name} has nothing to change`);
    return { ...estate, policies: new Map([...estate.policies, [name, after]]) };
  };
const tenants = (from: string, to: string) => policy("tenantry-tenants", (text) => text.replace(from, to));
const adding = (path: string, ...capabilities: readonly string[]) =>
  policy("tenantry-tenants", (text) => `${text}\npath "${path}" { capabilities = ${JSON.stringify(capabilities)} }`);
const inRole =
  (name: string, change: (before: PodRole) => Partial<PodRole>): VaultControl["spoil"] =>
  (estate) => ({
    ...estate,
    roles: estate.roles.map((each) => (each.name === name ? { ...each, ...change(each) } : each)),
  });

const control = (probe: string, removes: string, spoil: VaultControl["spoil"]): VaultControl => ({
  probe,
  removes,
  servers: [],
  spoil,
});

export const VAULT_CONTROLS: readonly VaultControl[] = [
  control("vault-secrets-of-others", "the path is `tenants/*`", tenants(`${NAMESPACE}/db`, "*")),
  control("vault-secrets-of-others", "the path has `+` for the namespace", tenants(NAMESPACE, "+")),
  control("vault-secrets-of-others", "the template names what every pod has: its account", (estate) =>
    inRole("tenantry-tenants", () => ({ serviceAccounts: ["cedar"] }))(
      tenants("service_account_namespace", "service_account_name")(estate),
    ),
  ),
  control(
    "vault-secrets-of-others",
    "metadata may be listed and read by everybody",
    adding("secret/metadata/*", "list", "read"),
  ),
  control(
    "vault-secrets-of-others",
    "one pod's exception, for one secret",
    adding("secret/data/tenants/cedar/db", "read"),
  ),
  control("vault-secrets-of-others", "a policy for operators is attached to the role of all tenants", (estate) =>
    inRole("tenantry-tenants", ({ policies }) => ({ policies: [...policies, "operator"] }))({
      ...estate,
      policies: new Map([...estate.policies, ["operator", 'path "secret/data/tenants/*" { capabilities = ["read"] }']]),
    }),
  ),
  control(
    "vault-paths-like-others",
    "the path does not end with a slash after the namespace",
    tenants(`${NAMESPACE}/db`, `${NAMESPACE}*`),
  ),
  control(
    "vault-paths-like-others",
    "the folder of all tenants may be listed",
    adding("secret/metadata/tenants", "list"),
  ),
  control("vault-more-than-reading", "it may write as well", tenants('["read"]', '["read", "update"]')),
  control(
    "vault-more-than-reading",
    "it may destroy versions",
    adding(`secret/destroy/tenants/${NAMESPACE}/db`, "update"),
  ),
  control("vault-more-than-reading", "it has a folder of its own", tenants(`${NAMESPACE}/db`, `${NAMESPACE}/*`)),
  control(
    "vault-secrets-of-cells",
    "the application's role admits every namespace",
    inRole("tenantry-application", () => ({ namespaces: ["*"] })),
  ),
  control(
    "vault-secrets-of-cells",
    "the application's role admits a tenant's namespace",
    inRole("tenantry-application", () => ({ namespaces: ["shop", "cedar"] })),
  ),
  control(
    "vault-secrets-of-cells",
    "the application's policy is attached to the role of all tenants",
    inRole("tenantry-tenants", ({ policies }) => ({ policies: [...policies, "tenantry-application"] })),
  ),
  control(
    "vault-application",
    "it reads all secrets of a cell",
    policy("tenantry-application", (text) => text.replace("/app", "/*")),
  ),
  control(
    "vault-application",
    "it reads every folder",
    policy("tenantry-application", (text) => text.replace("cells/+/app", "+/+/db")),
  ),
  control(
    "vault-application",
    "it may write its key",
    policy("tenantry-application", (text) => text.replaceAll('["read"]', '["read", "update"]')),
  ),
  control("vault-strange-namespaces", "the path is everybody's", tenants(NAMESPACE, "+")),
  control(
    "vault-strange-namespaces",
    "a prefix ends with the namespace",
    tenants(`tenants/${NAMESPACE}/db`, `${NAMESPACE}*`),
  ),
  control(
    "vault-strange-namespaces",
    "a role for every namespace has the application's policy",
    inRole("tenantry-application", () => ({ namespaces: ["kube-*"] })),
  ),
  control("vault-system", "policies may be read", adding("sys/policies/acl/*", "read")),
  control(
    "vault-system",
    "tokens may be made",
    policy("default", (text) => `${text}\npath "auth/token/create" { capabilities = ["update"] }`),
  ),
  control(
    "vault-system",
    "the application may change roles",
    policy("tenantry-application", (text) => `${text}\npath "auth/+/role/*" { capabilities = ["update"] }`),
  ),
];

const live = (removes: string, opens: string, spoil: LiveControl["spoil"]): LiveControl => ({
  probe: "vault-live-logins",
  removes,
  servers: [],
  opens,
  spoil,
});

export const LIVE_CONTROLS: readonly LiveControl[] = [
  live("the tenants' path is everybody's", "secret/data/tenants/cedar/db", ({ allow }) =>
    allow("tenantry-tenants", 'path "secret/data/tenants/+/db" { capabilities = ["read"] }'),
  ),
  live("the tenants may be listed", "secret/metadata/tenants", ({ allow, accessor }) =>
    allow(
      "tenantry-tenants",
      `${tenantPolicy("secret", accessor)}\npath "secret/metadata/tenants" { capabilities = ["list"] }`,
    ),
  ),
  live("the application's role admits every namespace", "secret/data/cells/eu-1/app", ({ makeRole }) =>
    makeRole("tenantry-application", ["*"], ["api"]),
  ),
  live("the application's role admits a tenant's namespace", "secret/data/cells/eu-1/app", ({ makeRole }) =>
    makeRole("tenantry-application", ["shop", "birch"], ["api"]),
  ),
  live("the tenants' role takes tokens for any audience", "auth/tenantry/login", ({ makeRole }) =>
    makeRole("tenantry-tenants", ["*"], ["default"], ""),
  ),
];
