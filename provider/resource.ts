/** What a resource of this provider does: the part of the SDK's provider interface that concerns one type, all of it present. */
import type { provider } from "@pulumi/pulumi";
import type { Props } from "./wire";

export interface ResourceType {
  check(olds: Props, news: Props): readonly provider.CheckFailure[];
  /** `olds`: the last outputs. */
  diff(olds: Props, news: Props): DiffOf;
  create(inputs: Props): Promise<{ id: string; outs: Props }>;
  read(id: string, props: Props): Promise<{ id: string; props: Props }>;
  update(news: Props): Promise<{ outs: Props }>;
  delete(props: Props): Promise<void>;
}

export interface DiffOf {
  readonly changes: boolean;
  /** Outputs that the update will change, for the engine of this machine; the stock one works it out by itself. */
  readonly computed: readonly string[];
}
