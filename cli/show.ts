/** `tenantry show <tenant>`: everything that its line means, and where it is. */
import type { Command } from "commander";
import { TenantryError } from "../registry/errors";
import { filesPrefix, tenantSecretPath } from "../registry/names";
import type { DirectoryRow, Limits, Registry, Tenant } from "../registry/types";
import { readDirectory } from "./estate";
import { FORMAT_OPTIONS, type FormatOptions, refuseUnfitting, renderFormat } from "./formats/render";
import { STACK_OPTION } from "./options";
import { printJson, printLine, printPairs } from "./output";
import { loadStackRegistry } from "./project";

/** A tenant as the registry has it, with where it really is, or why that cannot be told. */
interface Shown {
  readonly tenant: Tenant;
  readonly where: DirectoryRow | string;
}

type ShowOptions = Omit<FormatOptions, "format"> & Partial<Pick<FormatOptions, "format">> & { readonly json?: boolean };

const EXAMPLES = `
Examples:
  $ npx tenantry show acme --stack prod
  $ npx tenantry show birch --format env --prefix BROKKR__DATABASE__
  $ npx tenantry show birch --format vso --restart Deployment/api | kubectl apply -f -`;

export function register(program: Command): void {
  const command = program
    .command("show <tenant>")
    .description(
      "show what a tenant's line means: placement, limits, backup, and where it is; or what a deployment needs",
    )
    .option(...STACK_OPTION)
    .option("--json", "print one object");
  for (const option of FORMAT_OPTIONS) command.addOption(option);
  command.addHelpText("after", EXAMPLES).action(async (slug: string, options: ShowOptions) => {
    const { stack, json, format } = options;
    refuseUnfitting(format, (option) => command.getOptionValueSource(option) === "cli");
    const tenant = tenantOf(loadStackRegistry(stack), slug, stack);
    if (format !== undefined) {
      printLine(await renderFormat(tenant, { ...options, format }));
      return;
    }
    const where = whereIs(stack, slug);
    if (json) printJson({ ...tenant, where: typeof where === "string" ? null : where });
    else printPairs(describe({ tenant, where }));
  });
}

/** A registry can be read before its first `up`, and by somebody who cannot see the estate. */
function whereIs(stack: string, slug: string): DirectoryRow | string {
  try {
    return readDirectory(stack).find((row) => row.slug === slug) ?? "not made yet: the next `up` makes it";
  } catch (error) {
    if (error instanceof TenantryError && error.code === "TN-601") return `not known: ${error.message}`;
    throw error;
  }
}

/** @throws TenantryError TN-602 for a tenant that the registry does not have. */
function tenantOf(registry: Registry, slug: string, stack: string): Tenant {
  const tenant = registry.tenants.get(slug);
  if (tenant) return tenant;
  throw new TenantryError(
    "TN-602",
    `no tenant ${slug} in tenants/${stack}.yaml; \`npx tenantry add ${slug} --plan ...\` adds it`,
  );
}

/** Label and value, in the order in which a person asks. */
function describe({ tenant, where }: Shown): [string, string][] {
  return [
    ["tenant", `${tenant.slug} (${tenant.id})`],
    ["status", tenant.status],
    ["plan", tenant.plan],
    ["tier", TIER[tenant.tier](tenant)],
    [
      "where",
      typeof where === "string" ? where : `${where.host}:${where.port}/${where.database}, schema ${where.schema}`,
    ],
    ...readers(where),
    ["limits", limits(tenant)],
    ["quotas", quotas(tenant.limits)],
    ["own limits", tenant.overrides.join(", ") || "none: as the plan says"],
    ["backup", backup(tenant)],
    [
      "secret",
      tenant.tier === "pooled" ? `cells/${tenant.cell}/app, with a signed context` : tenantSecretPath(tenant.slug),
    ],
    ["files", tenant.tier === "dedicated" ? "a bucket of its own" : filesPrefix(tenant.id)],
    ...(tenant.from
      ? [["moves from", `${tenant.from.tier} ${tenant.from.cell ?? ""}`.trim()] as [string, string]]
      : []),
  ];
}

function readers(where: DirectoryRow | string): [string, string][] {
  if (typeof where === "string" || where.readers === undefined) return [];
  return [["read replicas", where.readers.map(({ host, port }) => `${host}:${port}`).join(", ")]];
}

const TIER: Record<Tenant["tier"], (tenant: Tenant) => string> = {
  pooled: ({ cell, region }) => `pooled: rows in the shared tables of cell ${cell} (${region})`,
  schema: ({ cell, region }) => `schema: a schema of its own in cell ${cell} (${region})`,
  dedicated: ({ region, server }) =>
    `dedicated: a server of its own in ${region} (${server?.instanceClass}, ${server?.diskGb} GB)`,
};

/** What a login carries; a pooled tenant has none of its own. */
function limits({ tier, limits: { connections, workMemMb, ...times } }: Tenant): string {
  const whole = `transaction ${seconds(times.transactionTimeoutMs)}`;
  const session = [
    `work_mem ${workMemMb} MB`,
    `statement timeout ${seconds(times.statementTimeoutMs)}`,
    `idle in transaction ${seconds(times.idleInTransactionTimeoutMs)}`,
  ];
  if (tier === "pooled") return `${session.join(", ")}: set for each transaction by the client; ${whole}`;
  return [...(connections === undefined ? [] : [`${connections} connections`]), ...session, whole].join(", ");
}

const seconds = (ms: number): string => `${ms / 1000} s`;

function quotas({ quotas }: Limits): string {
  const entries = Object.entries(quotas).map(([name, value]) => `${name} ${value.toLocaleString("en")}`);
  return entries.join(", ") || "unlimited";
}

function backup({ backup: { retentionDays, copyTo } }: Tenant): string {
  const kept = retentionDays === undefined ? "kept as the stack says" : `kept ${retentionDays} days`;
  return copyTo === undefined ? kept : `${kept}, copied to ${copyTo}`;
}
