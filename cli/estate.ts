/** A running estate, as the verbs find it: the stack of this machine, else the one that the Pulumi CLI knows. */
import { existsSync } from "node:fs";
import { z } from "zod";
import type { SecretStore } from "../database/types";
import { stackHome } from "../local/home";
import { loadProject } from "../local/project";
import { preparePreview, status } from "../local/servers";
import { StateFile } from "../local/state/file";
import { TenantryError } from "../registry/errors";
import { DEFAULT_VAULT_MOUNT } from "../registry/names";
import { type DirectoryRow, STATUSES, TIERS } from "../registry/types";
import { VaultKv, type VaultKvOptions } from "../vault/kv";
import { PROJECT_DIR } from "./project";
import { pulumi } from "./pulumi";
import { readersIn } from "./readers";

const rows = z.array(
  z.object({
    slug: z.string(),
    id: z.string(),
    tier: z.enum(TIERS),
    cell: z.string(),
    host: z.string(),
    port: z.number(),
    database: z.string(),
    schema: z.string(),
    status: z.enum(STATUSES),
    limits: z
      .object({ statementTimeout: z.string(), workMem: z.string(), idleInTransactionTimeout: z.string() })
      .exactOptional(),
    readers: z.array(z.object({ host: z.string(), port: z.number() })).exactOptional(),
  }),
);

/** All tenants of the stack that an `up` has made, by slug. @throws TenantryError TN-601 when there is no such stack. */
export function readDirectory(stack: string): readonly DirectoryRow[] {
  const home = stackHome(PROJECT_DIR, stack);
  const output = existsSync(home) ? localOutput(home) : pulumiOutput(stack);
  return rows.parse(output ?? []).sort((one, other) => (one.slug < other.slug ? -1 : 1));
}

/** @throws TenantryError TN-602 for a tenant that is not in the directory. */
export function findTenant(stack: string, slug: string): DirectoryRow {
  const row = readDirectory(stack).find((each) => each.slug === slug);
  if (row) return row;
  throw new TenantryError(
    "TN-602",
    `the estate has no tenant ${slug}; \`up\` makes those that have a line in tenants/${stack}.yaml, ` +
      `\`npx tenantry add ${slug} --plan ...\` writes one, \`npx tenantry directory --stack ${stack}\` lists what is there`,
  );
}

/**
 * The Vault of VAULT_ADDR, VAULT_TOKEN and VAULT_NAMESPACE, else the one that runs with the stack on this machine.
 * @throws TenantryError TN-605 when that one is stopped.
 */
export async function openVault(stack: string): Promise<VaultKv> {
  return new VaultKv(await vaultOf(stack));
}

/** The same Vault, opened by each read: where it is stopped, only what needs a secret fails, and only until it is back. */
export const vaultReader = (stack: string): Pick<SecretStore, "read"> => ({
  read: async (path) => (await openVault(stack)).read(path),
});

/** The same Vault, to be spoken to otherwise. @throws TenantryError TN-605 */
export async function vaultOf(stack: string): Promise<VaultKvOptions> {
  const local = process.env.VAULT_ADDR === undefined ? await localVault(stack) : {};
  const { VAULT_ADDR, VAULT_TOKEN = "", VAULT_NAMESPACE } = { ...local, ...process.env };
  const { config } = loadProject(PROJECT_DIR, stack);
  const address = VAULT_ADDR ?? config["tenantry:vaultAddress"] ?? "";
  const namespace = VAULT_NAMESPACE ? { namespace: VAULT_NAMESPACE } : {};
  return { address, token: VAULT_TOKEN, mount: config["tenantry:vaultMount"] ?? DEFAULT_VAULT_MOUNT, ...namespace };
}

async function localVault(stack: string): Promise<Readonly<Record<string, string>>> {
  const home = stackHome(PROJECT_DIR, stack);
  if (!existsSync(home)) return {};
  if (status(home).some(({ kind, running }) => kind === "vault" && !running)) {
    const start = `npx tenantry local start --stack ${stack}`;
    throw new TenantryError(
      "TN-605",
      `the Vault of stack ${stack} does not run on this machine; \`${start}\` starts it`,
    );
  }
  return (await preparePreview({ stack, home, progress: () => {} })).env;
}

/** From the cells rather than from the stack's own outputs, which are of the last run that went through. */
function localOutput(home: string): unknown {
  const { resources } = new StateFile(home).load();
  const readers = readersIn(resources);
  const cells = resources.filter(({ urn }) => urn.includes("tenantry:index:CellTenants::"));
  const found = rows.parse(cells.flatMap(({ outputs }) => outputs.directory ?? []));
  return found.map((row) => {
    const known = readers.get(row.cell);
    return known === undefined ? row : { ...row, readers: known };
  });
}

const pulumiOutput = (stack: string): unknown =>
  JSON.parse(pulumi(stack, ["stack", "output", "directory", "--json", "--stack", stack]));
