/** All tenants of a stack as one resource without effects: it refuses at preview what no single cell can see. */
import type { provider } from "@pulumi/pulumi";
import { refusedLines } from "./cell-tenants";
import { parseLines } from "./inputs";
import type { DiffOf, ResourceType } from "./resource";
import type { Props } from "./wire";

export const ROSTER = "tenantry:index:Roster";

export class Roster implements ResourceType {
  check(olds: Props, news: Props): readonly provider.CheckFailure[] {
    return refusedLines(olds, news);
  }

  diff(olds: Props, news: Props): DiffOf {
    const [before, after] = [parseLines(olds.tenants, "tenants"), parseLines(news.tenants, "tenants")];
    const slugs = Object.keys(after);
    const same = slugs.length === Object.keys(before).length && slugs.every((slug) => before[slug] === after[slug]);
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
