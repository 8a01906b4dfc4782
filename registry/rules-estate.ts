/** What must hold over all tenants of a stack together: names, ids, and how much fits where. */
import { type Load, loadOf, loadOfOwn, REFUSE_AT, renderLoad, WARN_AT } from "./capacity";
import type { Finding } from "./errors";
import { inhabitants } from "./homes";
import type { Registry, ServerSize } from "./types";
import type { YamlText } from "./yaml-text";

const DEFAULT_SERVERS_PER_REGION = 40;

export function estateFindings(registry: Registry, source: YamlText, serversPerRegion?: number): Finding[] {
  return [
    ...takenNames(registry, source),
    ...takenIds(registry, source),
    ...fullCells(registry, source),
    ...fullServers(registry, source),
    ...inhabitedRetiring(registry, source),
    ...crowdedRegions(registry, source, serversPerRegion ?? DEFAULT_SERVERS_PER_REGION),
  ];
}

/** A dedicated tenant is a cell of its name; so would any tenant be that moves to a server of its own. */
function takenNames({ cells, tenants }: Registry, source: YamlText): Finding[] {
  return [...cells.keys()]
    .filter((name) => tenants.has(name))
    .map((name) =>
      source.finding(
        "TN-118",
        ["cells", name],
        `${name} is also a tenant, whose own server would have this name; give the cell another, such as shared-${name}`,
      ),
    );
}

function takenIds({ tenants }: Registry, source: YamlText): Finding[] {
  const first = new Map<string, string>();
  return [...tenants.values()].flatMap(({ slug, id }) => {
    const owner = first.get(id);
    if (owner === undefined) first.set(id, slug);
    return owner === undefined
      ? []
      : [
          source.finding(
            "TN-118",
            ["tenants", slug, "id"],
            `${id} is the id of ${owner} too; remove it, or write another UUID`,
          ),
        ];
  });
}

function fullCells(registry: Registry, source: YamlText): Finding[] {
  const byCell = inhabitants(registry);
  const remedy = "a larger instanceClass, a larger overcommit, or another cell for the next tenants";
  return [...registry.cells.values()].flatMap((cell) =>
    fullness(loadOf(cell, byCell.get(cell.name) ?? []), "the cell", remedy, ["cells", cell.name], source),
  );
}

/** Tenants on servers of their own. Whoever leaves needs no room. */
function fullServers({ tenants }: Registry, source: YamlText): Finding[] {
  const remedy = "a larger instanceClass, fewer connections, or a smaller workMem, here or in the plan";
  return [...tenants.values()].flatMap(({ slug, server, status, limits }) =>
    server === undefined || status === "offboarding"
      ? []
      : fullness(loadOfOwn(server, limits), `its ${server.instanceClass}`, remedy, ["tenants", slug], source),
  );
}

function fullness(load: Load, what: string, remedy: string, path: readonly string[], source: YamlText): Finding[] {
  if (load.share < WARN_AT) return [];
  const full = load.share >= REFUSE_AT;
  const message = `${renderLoad(load)}: ${what} ${full ? "is full" : "fills up"}; it may use up to ${REFUSE_AT * 100} %; write ${remedy}`;
  const finding = source.finding("TN-116", path, message);
  return [full ? finding : warning(finding)];
}

/** A cell may go only when nobody lives there: those who are leaving have no access any more. */
function inhabitedRetiring(registry: Registry, source: YamlText): Finding[] {
  const byCell = inhabitants(registry);
  const retiring = [...registry.cells.values()].filter(({ status }) => status === "retiring");
  return retiring.flatMap(({ name }) => {
    const staying = (byCell.get(name) ?? []).filter(({ tenant }) => tenant.status !== "offboarding");
    if (staying.length === 0) return [];
    const slugs = staying.map(({ tenant }) => tenant.slug).sort();
    const shown = slugs.length > 5 ? `${slugs.slice(0, 5).join(", ")} and ${slugs.length - 5} more` : slugs.join(", ");
    const message = `the cell retires, but ${shown} ${slugs.length === 1 ? "lives" : "live"} there; a cell retires when it is empty; move or offboard them first, or write status: active`;
    return [source.finding("TN-124", ["cells", name, "status"], message)];
  });
}

/** Read replicas are instances too. */
function crowdedRegions({ cells, tenants }: Registry, source: YamlText, most: number): Finding[] {
  const regions = new Map<string, Map<string, number>>();
  const count = (region: string, name: string, { replicas = 0 }: Pick<ServerSize, "replicas">) =>
    regions.set(region, (regions.get(region) ?? new Map()).set(name, 1 + replicas));
  for (const stays of inhabitants({ cells, tenants }).values())
    for (const { region, cell, tenant } of stays) count(region, cell, tenant.server ?? {});
  for (const { region, name, server } of cells.values()) count(region, name, server);
  return [...regions].flatMap(([region, servers]) => {
    const size = [...servers.values()].reduce((sum, instances) => sum + instances, 0);
    if (size < most * WARN_AT) return [];
    const finding = source.finding(
      "TN-117",
      [],
      `${size} servers in ${region}; AWS allows ${most} an account and region; ask AWS for more and write serversPerRegion: <number>, or use another region`,
    );
    return [size > most ? finding : warning(finding)];
  });
}

const warning = (finding: Finding): Finding => ({ ...finding, severity: "warning" });
