/** All tenants and servers of a stack as one resource without effects: it refuses at preview what no single cell can see. */
import type { provider } from "@pulumi/pulumi";
import { serverRefusals } from "../registry/server-transition";
import { refusedLines } from "./cell-tenants";
import { type Lines, parseLines } from "./inputs";
import type { DiffOf, ResourceType } from "./resource";
import type { Props } from "./wire";

export const ROSTER = "tenantry:index:Roster";

export class Roster implements ResourceType {
  check(olds: Props, news: Props): readonly provider.CheckFailure[] {
    return [...refusedLines(olds, news), ...refusedServers(olds, news)];
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

function refusedServers(olds: Props, news: Props): readonly provider.CheckFailure[] {
  return serverRefusals(linesIn(olds, "servers"), linesIn(news, "servers")).map(({ slug, reason }) => ({
    property: `servers.${slug}`,
    reason,
  }));
}

/** The state of an earlier version has no servers. */
const linesIn = (props: Props, name: "tenants" | "servers"): Lines =>
  props[name] === undefined ? {} : parseLines(props[name], name);

function equal(one: Lines, other: Lines): boolean {
  const keys = Object.keys(other);
  return keys.length === Object.keys(one).length && keys.every((key) => one[key] === other[key]);
}
