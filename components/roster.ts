import * as pulumi from "@pulumi/pulumi";

export interface RosterArgs {
  /** Slug to line plus ` cell=... region=...`, for all tenants of the registry. */
  readonly tenants: Readonly<Record<string, string>>;
  /** Cell to line, for all servers of the stack. */
  readonly servers: Readonly<Record<string, string>>;
  /** Cells that another stack runs now: their lines may go. @default none */
  readonly elsewhere?: readonly string[];
}

/**
 * All tenants and servers of the stack in one resource without effects. Cells depend on it, so that a tenant that vanished,
 * moved or changed its id is refused at preview with one message, even when its whole cell vanished with it; and so is a
 * server that would be restarted or made anew.
 */
export class Roster extends pulumi.CustomResource {
  constructor(name: string, args: RosterArgs, opts?: pulumi.CustomResourceOptions) {
    super("tenantry:index:Roster", name, { ...args }, opts);
  }
}
