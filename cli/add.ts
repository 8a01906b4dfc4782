/** `tenantry add`: one more line in a stack's file, in the cell that has the most room. */
import { readFileSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { type Command, Option } from "commander";
import { type Finding, RegistryErrors, renderFinding, TenantryError } from "../registry/errors";
import { insertTenant, type TenantWords } from "../registry/insert-tenant";
import { loadSources, type RegistryPlace, stackFile } from "../registry/load";
import { didYouMean } from "../registry/nearest";
import { checkRegistry, parseRegistry } from "../registry/parse";
import { pickCell } from "../registry/pick-cell";
import { quote } from "../registry/quote";
import { TIER_TRAITS } from "../registry/tiers";
import { type Plan, type Registry, TIERS, type Tier } from "../registry/types";
import { NAMES } from "../registry/written";
import { STACK_OPTION } from "./options";
import { printJson, printLine, printNote } from "./output";
import { SQL_DIR, TENANTS_DIR } from "./project";

export interface NewTenant {
  readonly slug: string;
  readonly plan: string;
  readonly cell?: string;
  readonly region?: string;
  readonly tier?: Tier;
}

export interface Added {
  readonly slug: string;
  readonly file: string;
  readonly line: string;
  /** Why the tenant is where it is. */
  readonly why: string;
  readonly warnings: readonly Finding[];
}

export function register(program: Command): void {
  program
    .command("add <slug>")
    .description("add a tenant: one line in tenants/<stack>.yaml, in the least loaded cell that can take it")
    .requiredOption("-p, --plan <plan>", "what the customer pays for")
    .option("-c, --cell <cell>", "the shared cell; picked unless given")
    .option("-r, --region <region>", "of a dedicated tenant's server, or of the cell to pick")
    .addOption(new Option("-t, --tier <tier>", "another tier than the plan's").choices(TIERS))
    .option(...STACK_OPTION)
    .option("--json", "print one object: slug, file, line, why, warnings")
    .addHelpText("after", "\nExample:\n  $ npx tenantry add eagle --plan free")
    .action((slug: string, { stack, json, ...words }: { stack: string; json?: boolean } & Omit<NewTenant, "slug">) => {
      const added = add({ dir: TENANTS_DIR, sqlDir: SQL_DIR, stack }, { slug, ...words });
      if (json) return printJson(added);
      printLine(added.line);
      printNote(`added to ${added.file}: ${added.why}`);
      printNote("`preview` shows what it will make, `up` makes it");
      for (const warning of added.warnings) printNote(renderFinding(warning));
    });
}

/**
 * Writes the line, once the file with it has passed every rule.
 * @throws RegistryErrors when the file is wrong before or would be after; TenantryError TN-106, TN-108, TN-118, TN-121 or TN-123.
 */
export function add(place: RegistryPlace, tenant: NewTenant): Added {
  const sources = loadSources(place);
  const registry = parseRegistry(sources);
  const { words, why } = wordsFor(registry, tenant);
  const { text, line } = insertTenant(sources.stack.text, tenant.slug, words);
  const stackWithLine = { file: `${sources.stack.file} with the new line`, text };
  const { findings } = checkRegistry({ ...sources, stack: stackWithLine });
  const errors = findings.filter(({ severity }) => severity === "error");
  if (errors.length > 0) throw new RegistryErrors(errors);
  writeUnlessChanged(stackFile(place.dir, place.stack), sources.stack.text, text);
  const { file } = sources.stack; // by now it is the one with the new line
  const warnings = findings.map((each) => (each.file === stackWithLine.file ? { ...each, file } : each));
  return { slug: tenant.slug, file, line, why, warnings };
}

function wordsFor(registry: Registry, tenant: NewTenant): { readonly words: TenantWords; readonly why: string } {
  const { slug, cell, region } = tenant;
  if (!NAMES.tenants.pattern.test(slug))
    throw new TenantryError("TN-106", `${quote(slug)} is no slug; ${NAMES.tenants.error}`);
  if (registry.tenants.has(slug))
    throw new TenantryError("TN-118", `there is a tenant ${slug} already; take another slug`);
  const plan = planOf(registry, tenant.plan);
  const tier = tenant.tier ?? plan.tier;
  const place = placeFor(registry, plan, tier, { ...(cell && { cell }), ...(region && { region }) });
  const override: TenantWords = tier === plan.tier ? [] : [["tier", tier]];
  return { words: [["plan", plan.name], ...place.words, ...override], why: place.why };
}

function planOf({ plans }: Registry, name: string): Plan {
  const plan = plans.get(name);
  if (plan !== undefined) return plan;
  const known = [...plans.keys()];
  throw new TenantryError(
    "TN-108",
    `${quote(name)} is no plan${didYouMean(name, known)}; there are ${known.join(", ")}; type --plan ${known[0] ?? "<plan>"}`,
  );
}

interface Wish {
  readonly cell?: string;
  readonly region?: string;
}

/** What is named is taken as it is: whether it may be is for the check of the whole file to say. */
function placeFor(registry: Registry, plan: Plan, tier: Tier, { cell, region }: Wish) {
  const named: TenantWords = [...(cell ? [["cell", cell] as const] : [])];
  if (!TIER_TRAITS[tier].shared) {
    const [where, why] = region ? [region, "the region that was named"] : mostCommonRegion(registry);
    return { words: [...named, ["region", where] as const], why: `a server of its own in ${where}, ${why}` };
  }
  if (cell)
    return { words: [...named, ...(region ? [["region", region] as const] : [])], why: `cell ${cell} was named` };
  const pick = pickCell(registry, plan, tier, region);
  return { words: [["cell", pick.cell] as const], why: `${pick.cell} is ${pick.why}` };
}

/** Of all servers; the first by name where several are as common. */
function mostCommonRegion({ cells, tenants }: Registry): readonly [region: string, why: string] {
  const servers = [...cells.values(), ...[...tenants.values()].filter(({ server }) => server !== undefined)];
  const counts = new Map<string, number>();
  for (const { region } of servers) counts.set(region, (counts.get(region) ?? 0) + 1);
  const [best] = [...counts].sort(([one, few], [other, many]) => many - few || (one < other ? -1 : 1));
  if (best !== undefined) return [best[0], "where most servers are"];
  throw new TenantryError(
    "TN-110",
    "the stack has no server yet, so no region is the usual one; type --region eu-west-1, or another",
  );
}

/** Writes beside the file and renames, so that nobody ever reads half of it; keeps its mode, follows a link. */
function writeUnlessChanged(path: string, read: string, text: string): void {
  const target = realpathSync(path);
  const draft = `${target}.${process.pid}.tmp`;
  writeFileSync(draft, text, { mode: statSync(target).mode });
  try {
    if (readFileSync(target, "utf8") !== read) {
      throw new TenantryError("TN-123", `${path} was changed by somebody else meanwhile; run the command again`);
    }
    renameSync(draft, target);
  } finally {
    rmSync(draft, { force: true });
  }
}
