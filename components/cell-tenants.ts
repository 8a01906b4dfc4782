import * as pulumi from "@pulumi/pulumi";
import type { DirectoryRow } from "../registry/types";

export interface CellConnection {
  readonly host: pulumi.Input<string>;
  readonly port: pulumi.Input<number>;
  readonly database: pulumi.Input<string>;
  readonly username: pulumi.Input<string>;
  readonly password: pulumi.Input<string>;
  readonly sslmode: "verify-full" | "disable";
  /** PEM file of the authorities to trust, relative to the project. @default the system's own */
  readonly caFile?: string;
}

export interface CellTenantsArgs {
  /** Name of the cell. */
  readonly cell: string;
  /** How the admin reaches the cell's database. */
  readonly connection: CellConnection;
  /** Where secrets are written. The token comes from VAULT_TOKEN of the run, never from here. */
  readonly vault: { readonly address: string; readonly mount: string };
  /** Slug to canonical line. */
  readonly tenants: Readonly<Record<string, string>>;
  /** Plan name to canonical line. */
  readonly plans: Readonly<Record<string, string>>;
  /** SQL file to digest of its text. */
  readonly sql: Readonly<Record<string, string>>;
}

/** All tenants of a cell: one resource, whatever their number. The provider plugin `tenantry` makes them. */
export class CellTenants extends pulumi.CustomResource {
  /** Where each tenant of the cell really is, as its database reports it. */
  declare readonly directory: pulumi.Output<readonly DirectoryRow[]>;
  /** What differs in the objects that tenants share, by object; empty unless a refresh found drift. */
  declare readonly shared: pulumi.Output<Readonly<Record<string, string>>>;

  constructor(name: string, args: CellTenantsArgs, opts?: pulumi.CustomResourceOptions) {
    // Marking the whole connection as secret holds even where an engine drops the mark of a nested property.
    const options = pulumi.mergeOptions(opts, { additionalSecretOutputs: ["connection"] });
    super("tenantry:index:CellTenants", name, { ...args, directory: undefined, shared: undefined }, options);
  }
}
