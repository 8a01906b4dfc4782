/** `show --format`: what a deployment needs, in the form in which it takes it. */
import { Option } from "commander";
import { loadProject } from "../../local/project";
import { TenantryError } from "../../registry/errors";
import type { Tenant } from "../../registry/types";
import { findTenant, openVault } from "../estate";
import { printNote } from "../output";
import { PROJECT_DIR } from "../project";
import { readSecret } from "../secret";
import { renderEnv } from "./env";
import { type Facts, factsOf, secretFacts } from "./facts";
import { renderHelm } from "./helm";
import { readVaultForPods } from "./kubernetes-auth";
import type { NamingOptions } from "./naming";
import { renderFormatUrl } from "./url";
import { renderVso } from "./vso";

const FORMATS = ["env", "url", "helm", "vso"] as const;

export interface FormatOptions extends NamingOptions {
  readonly format: (typeof FORMATS)[number];
  readonly stack: string;
  readonly withPassword?: boolean;
  readonly refreshAfter: string;
  readonly restart: readonly string[];
}

/** Those of `show` that say how a deployment is told. */
export const FORMAT_OPTIONS: readonly Option[] = [
  new Option("--format <format>", "print what a deployment needs instead: vso is for Kubernetes").choices(FORMATS),
  new Option("--prefix <prefix>", "what each name begins with, such as BROKKR__DATABASE__"),
  new Option("--names <names>", "names by fact, such as schema=DB_SCHEMA,port=DB_PORT; an empty name leaves it out"),
  new Option("--with-password", "env and url: the whole secret, from Vault"),
  new Option("--refresh-after <time>", "vso: how often Vault is asked for changes").default("10m"),
  new Option("--restart <workload>", "vso: what to restart after a change, such as Deployment/api; may be repeated")
    .default([], "nothing")
    .argParser((workload: string, before: readonly string[]) => [...before, workload]),
];

/** Options that say something to some formats alone. */
const FITTING: Readonly<Partial<Record<string, readonly string[]>>> = {
  prefix: ["env", "helm", "vso"],
  names: FORMATS,
  withPassword: ["env", "url"], // what the others print is kept in files and in the cluster
  refreshAfter: ["vso"],
  restart: ["vso"],
};

/** @throws TenantryError TN-606 for an option that was given and would be passed over. `given` tells those by name. */
export function refuseUnfitting(format: string | undefined, given: (option: string) => boolean): void {
  for (const option of FORMAT_OPTIONS) {
    const fitting = FITTING[option.attributeName()];
    if (fitting === undefined || !given(option.attributeName()) || (format && fitting.includes(format))) continue;
    throw new TenantryError(
      "TN-606",
      `${option.long} does nothing ${format ? `for --format ${format}` : "without --format"}; type --format ${fitting.join(" or ")}, or leave it out`,
    );
  }
}

/** `options` that passed `refuseUnfitting`. @throws TenantryError TN-602 without an estate (env, url, helm), TN-606 for names that do not fit. */
export async function renderFormat(tenant: Tenant, options: FormatOptions): Promise<string> {
  const { format, stack, withPassword } = options;
  if (format === "vso") {
    const vaultNamespace = process.env.VAULT_NAMESPACE;
    const vault = readVaultForPods(loadProject(PROJECT_DIR, stack));
    return renderVso(tenant, vault, { ...options, ...(vaultNamespace && { vaultNamespace }) });
  }
  if (tenant.tier === "pooled") {
    printNote(
      `${tenant.slug} is pooled: this is the application's connection to cell ${tenant.cell}, for all its tenants`,
    );
  }
  const facts = await readFacts(tenant, stack, withPassword ?? false);
  return RENDER[format](facts, options);
}

const RENDER = { env: renderEnv, url: renderFormatUrl, helm: renderHelm } as const;

async function readFacts({ slug }: Tenant, stack: string, withPassword: boolean): Promise<Facts> {
  const row = findTenant(stack, slug);
  if (withPassword) return secretFacts(await readSecret(await openVault(stack), row));
  return factsOf(row, loadProject(PROJECT_DIR, stack).config["tenantry:tls"] ?? "verify-full");
}
