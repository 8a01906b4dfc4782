/** All tenants and servers of a stack as one resource without effects: it refuses at preview what no single cell can see. */
import type { provider } from "@pulumi/pulumi";
import { parseRosterLine } from "../registry/lines";
import { serverRefusals } from "../registry/server-transition";
import { refusedLines } from "./cell-tenants";
import { type Lines, parseLines } from "./inputs";
import type { DiffOf, ResourceType } from "./resource";
import { open, type Props } from "./wire";

export const ROSTER = "tenantry:index:Roster";

export class Roster implements ResourceType {
  check(olds: Props, news: Props): readonly provider.CheckFailure[] {
    const stayed = withoutMoved(olds, news);
    return [...refusedLines(stayed, news), ...refusedServers(stayed, news)];
  }

  diff(olds: Props, news: Props): DiffOf {
    const same = (["tenants", "servers"] as const).every((name) => equal(linesIn(olds, name), linesIn(news, name)));
    return { changes: !same, computed: [] };
  }

  async create(inputs: Props): Promise<{ id: string; outs: Props }> {
    return { id: "roster", outs: inputs };
  }

  async read(id: string, props: Props): Promise<{ id: string; props: Props }> {
    return { id, props };
  }

  async update(news: Props): Promise<{ outs: Props }> {
    return { outs: news };
  }

  async delete(): Promise<void> {}
}

/** The last lines without those of cells that another stack runs now: they go without being offboarded or retired. */
function withoutMoved(olds: Props, news: Props): Props {
  const elsewhere = open(news.elsewhere);
  if (!Array.isArray(elsewhere)) return olds;
  const keep = (name: "tenants" | "servers", cellOf: (key: string, line: string) => string): Lines => {
    const entries = Object.entries(linesIn(olds, name));
    return Object.fromEntries(entries.filter(([key, line]) => !elsewhere.includes(cellOf(key, line))));
  };
  return {
    ...olds,
    tenants: keep("tenants", (_slug, line) => parseRosterLine(line).cell),
    servers: keep("servers", (cell) => cell),
  };
}

function refusedServers(olds: Props, news: Props): readonly provider.CheckFailure[] {
  return serverRefusals(linesIn(olds, "servers"), linesIn(news, "servers")).map(({ slug, reason }) => ({
    property: `servers.${slug}`,
    reason: `${reason} [TN-205]`,
  }));
}

/** The state of an earlier version has no servers. */
const linesIn = (props: Props, name: "tenants" | "servers"): Lines =>
  props[name] === undefined ? {} : parseLines(props[name], name);

function equal(one: Lines, other: Lines): boolean {
  const keys = Object.keys(other);
  return keys.length === Object.keys(one).length && keys.every((key) => one[key] === other[key]);
}
