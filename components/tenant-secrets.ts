import * as pulumi from "@pulumi/pulumi";
import * as vault from "@pulumi/vault";
import { VAULT_POLICIES } from "../registry/names";
import type { KubernetesAuthConfig } from "./stack-config";
import { applicationPolicy, tenantPolicy } from "./vault-policies";

export interface TenantSecretsArgs {
  /** The token comes from VAULT_TOKEN of the run. */
  readonly address: string;
  /** Path of the KV version 2 mount that is made. */
  readonly mount: string;
  /** Pulumi refuses to delete the mount, and with it every password. */
  readonly protect: boolean;
  /** How pods prove which namespace they are in. @default nobody but operators reads secrets */
  readonly kubernetesAuth?: KubernetesAuthConfig;
}

/** Old versions of a secret that Vault keeps. */
const MAX_VERSIONS = 10;
const TOKEN_TTL_SECONDS = 3600;
const TOKEN_MAX_TTL_SECONDS = 24 * 3600;

type Application = NonNullable<KubernetesAuthConfig["application"]>;

/** Where credentials are kept and who reads them: the same few resources for any number of tenants. */
export class TenantSecrets extends pulumi.ComponentResource {
  private readonly inVault: pulumi.CustomResourceOptions;

  constructor(name: string, args: TenantSecretsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("tenantry:components:TenantSecrets", name, {}, opts);

    const provider = new vault.Provider(`${name}-vault`, { address: args.address }, { parent: this });
    this.inVault = { parent: this, provider };
    this.createMount(`${name}-mount`, args);
    if (args.kubernetesAuth !== undefined) {
      const auth = this.createKubernetesAuth(`${name}-kubernetes`, args.kubernetesAuth);
      this.admitTenants(`${name}-tenants`, args.mount, auth, args.kubernetesAuth);
      const { application } = args.kubernetesAuth;
      if (application !== undefined) {
        this.admitApplication(`${name}-application`, args.mount, auth, args.kubernetesAuth, application);
      }
    }
    this.registerOutputs();
  }

  /** Whoever writes states the version that it saw: two writers cannot overwrite each other's password. */
  private createMount(name: string, { mount: path, protect }: TenantSecretsArgs): void {
    const args = { path, type: "kv", options: { version: "2" }, description: "Credentials of Tenantry's tenants" };
    const mount = new vault.Mount(name, args, { ...this.inVault, protect });
    const settings = { mount: mount.path, casRequired: true, maxVersions: MAX_VERSIONS };
    new vault.kv.SecretBackendV2(`${name}-settings`, settings, this.inVault);
  }

  private createKubernetesAuth(name: string, config: KubernetesAuthConfig): vault.AuthBackend {
    const method = { type: "kubernetes", path: config.path, description: "Pods of Tenantry's tenants" };
    const backend = new vault.AuthBackend(name, method, this.inVault);
    const { host: kubernetesHost, caCertificate: kubernetesCaCert, issuer } = config;
    // Whoever names an authority has a Vault outside of the cluster, which has no token of its own there to review others with.
    const elsewhere = kubernetesCaCert === undefined ? {} : { kubernetesCaCert, disableLocalCaJwt: true };
    const args = {
      backend: backend.path,
      kubernetesHost,
      ...elsewhere,
      // Vault looks at the issuer only when it is told to.
      ...(issuer === undefined ? {} : { issuer, disableIssValidation: false }),
    };
    new vault.kubernetes.AuthBackendConfig(`${name}-config`, args, this.inVault);
    return backend;
  }

  /** Any namespace may ask: the policy gives each the secret of the tenant of the same name, and no other. */
  private admitTenants(name: string, mount: string, auth: vault.AuthBackend, config: KubernetesAuthConfig): void {
    const text = auth.accessor.apply((accessor) => tenantPolicy(mount, accessor));
    const policy = new vault.Policy(name, { name: VAULT_POLICIES.tenants, policy: text }, this.inVault);
    this.createRole(`${name}-role`, auth, policy, config, {
      namespaces: ["*"],
      serviceAccounts: config.serviceAccounts,
    });
  }

  private admitApplication(
    name: string,
    mount: string,
    auth: vault.AuthBackend,
    config: KubernetesAuthConfig,
    application: Application,
  ): void {
    const args = { name: VAULT_POLICIES.application, policy: applicationPolicy(mount) };
    const policy = new vault.Policy(name, args, this.inVault);
    this.createRole(`${name}-role`, auth, policy, config, application);
  }

  private createRole(
    name: string,
    auth: vault.AuthBackend,
    policy: vault.Policy,
    { audience }: KubernetesAuthConfig,
    { namespaces, serviceAccounts }: Application,
  ): void {
    const args = {
      backend: auth.path,
      roleName: policy.name,
      boundServiceAccountNames: serviceAccounts,
      boundServiceAccountNamespaces: namespaces,
      audience,
      // By the account's uid: one that is made anew under an old name is somebody else.
      aliasNameSource: "serviceaccount_uid",
      tokenPolicies: [policy.name],
      tokenTtl: TOKEN_TTL_SECONDS,
      tokenMaxTtl: TOKEN_MAX_TTL_SECONDS,
    };
    new vault.kubernetes.AuthBackendRole(name, args, this.inVault);
  }
}
