/** Calls a provider as the engine does, for one home directory. */
import { chmodSync, rmSync } from "node:fs";
import type { Diff, LocalContext, LocalProvider, Props } from "../../local/provider";
import { cleanup } from "../../local/servers";
import { openProps } from "../../local/wire";
import { makeTempDir } from "../temp-dir";

export interface TestHome extends LocalContext {
  readonly messages: string[];
  remove(): Promise<void>;
}

export function makeTestHome(): TestHome {
  const home = makeTempDir("tenantry-home-");
  chmodSync(home, 0o711);
  const messages: string[] = [];
  const context = { stack: "test", home, progress: (_urn: string, message: string) => messages.push(message) };
  return {
    ...context,
    messages,
    remove: async () => {
      await cleanup(context);
      rmSync(home, { recursive: true });
    },
  };
}

export const urnOf = (type: string, name: string) => `urn:pulumi:test::tenantry::${type}::${name}`;

/** A resource with its state, through check, create, diff, update, read and delete. */
export class TestResource {
  id = "";
  inputs: Props = {};
  outs: Props = {};
  readonly urn: string;

  constructor(
    private readonly provider: LocalProvider,
    type: string,
    name: string,
  ) {
    this.urn = urnOf(type, name);
  }

  /** Reasons of refused inputs, by property. */
  async failures(news: Props): Promise<Record<string, string>> {
    const { failures } = await this.provider.check(this.urn, this.inputs, news);
    return Object.fromEntries(failures.map(({ property, reason }) => [property, reason]));
  }

  async create(news: Props): Promise<Props> {
    const inputs = await this.checked(news);
    const { id, outs } = await this.provider.create(this.urn, inputs);
    Object.assign(this, { id, inputs, outs: openProps(outs) });
    return this.outs;
  }

  async diff(news: Props = this.inputs): Promise<Diff> {
    const inputs = await this.checked(news);
    return this.provider.diff(this.id, this.urn, this.outs, inputs, this.inputs);
  }

  async update(news: Props = this.inputs): Promise<Props> {
    const inputs = await this.checked(news);
    const { outs } = await this.provider.update(this.id, this.urn, this.outs, inputs);
    Object.assign(this, { inputs, outs: openProps(outs) });
    return this.outs;
  }

  /** The live outputs; undefined when the resource is gone. */
  async read(): Promise<Props | undefined> {
    const { id, props } = await this.provider.read(this.id, this.urn, this.outs);
    return id === undefined ? undefined : openProps(props ?? {});
  }

  delete(): Promise<void> {
    return this.provider.delete(this.id, this.urn, this.outs);
  }

  private async checked(news: Props): Promise<Props> {
    const { inputs, failures } = await this.provider.check(this.urn, this.inputs, news);
    expect(failures).toEqual([]);
    return inputs;
  }
}
