/** What must hold over all tenants of a stack together: names, ids, and how much fits where. */
import { loadOf, REFUSE_AT, renderLoad, WARN_AT } from "./capacity";
import type { Finding } from "./errors";
import { inhabitants } from "./homes";
import type { Registry } from "./types";
import type { YamlText } from "./yaml-text";

const DEFAULT_SERVERS_PER_REGION = 40;

export function estateFindings(registry: Registry, source: YamlText, serversPerRegion?: number): Finding[] {
  return [
    ...takenNames(registry, source),
    ...takenIds(registry, source),
    ...fullCells(registry, source),
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
  return [...registry.cells.values()].flatMap((cell) => {
    const load = loadOf(cell, byCell.get(cell.name) ?? []);
    if (load.share < WARN_AT) return [];
    const remedy = "a larger instanceClass, a larger overcommit, or another cell for the next tenants";
    const full = load.share >= REFUSE_AT;
    const message = `${renderLoad(load)}: the cell ${full ? "is full" : "fills up"}; it may use up to ${REFUSE_AT * 100} %; write ${remedy}`;
    const finding = source.finding("TN-116", ["cells", cell.name], message);
    return [full ? finding : warning(finding)];
  });
}

function crowdedRegions(registry: Registry, source: YamlText, most: number): Finding[] {
  const servers = new Map<string, Set<string>>();
  const count = (region: string, server: string) => servers.set(region, (servers.get(region) ?? new Set()).add(server));
  for (const { region, name } of registry.cells.values()) count(region, name);
  for (const stays of inhabitants(registry).values()) for (const { region, cell } of stays) count(region, cell);
  return [...servers].flatMap(([region, { size }]) => {
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
