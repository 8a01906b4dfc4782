/** The provider `tenantry`: hands each call to the type that the URN names. Serves the stock engine and the one of this machine. */
import type { provider } from "@pulumi/pulumi";
import { TenantryError } from "../registry/errors";
import { CELL_TENANTS, CellTenants } from "./cell-tenants";
import type { DiffOf, ResourceType } from "./resource";
import { ROSTER, Roster } from "./roster";
import { isRecord, type Props } from "./wire";

const VERSION = "0.1.0";

export class TenantryProvider implements provider.Provider {
  readonly version = VERSION;
  readonly #types: Readonly<Record<string, ResourceType>>;

  constructor(
    types: Readonly<Record<string, ResourceType>> = { [CELL_TENANTS]: new CellTenants(), [ROSTER]: new Roster() },
  ) {
    this.#types = types;
  }

  async check(
    urn: string,
    olds: unknown,
    news: unknown,
  ): Promise<{ inputs: Props; failures: provider.CheckFailure[] }> {
    const inputs = props(news);
    return { inputs, failures: [...this.#of(urn).check(props(olds), inputs)] };
  }

  async diff(_id: string, urn: string, olds: unknown, news: unknown): Promise<DiffOf> {
    return this.#of(urn).diff(props(olds), props(news));
  }

  async create(urn: string, inputs: unknown): Promise<{ id: string; outs: Props }> {
    return await this.#of(urn).create(props(inputs));
  }

  async read(id: string, urn: string, state: unknown): Promise<{ id: string; props: Props }> {
    return await this.#of(urn).read(id, props(state));
  }

  async update(_id: string, urn: string, _olds: unknown, news: unknown): Promise<{ outs: Props }> {
    return await this.#of(urn).update(props(news));
  }

  async delete(_id: string, urn: string, state: unknown): Promise<void> {
    await this.#of(urn).delete(props(state));
  }

  async invoke(token: string): Promise<never> {
    throw new TenantryError(
      "TN-201",
      `the provider tenantry has no function ${token}; it has the types ${this.#names()}`,
    );
  }

  #of(urn: string): ResourceType {
    const type = urn.split("::")[2]?.split("$").at(-1) ?? "";
    const found = this.#types[type];
    if (found) return found;
    throw new TenantryError("TN-201", `the provider tenantry has no type ${type}; it has ${this.#names()}`);
  }

  #names(): string {
    return Object.keys(this.#types).join(", ");
  }
}

const props = (value: unknown): Props => (isRecord(value) ? value : {});
