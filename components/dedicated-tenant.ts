import * as pulumi from "@pulumi/pulumi";
import type { DirectoryRow, FilesPlace } from "../registry/types";
import type { AccessLogs } from "./access-logs";
import { Cell, type CellArgs } from "./cell";
import { createEncryptionKey } from "./encryption-key";
import { movedFrom } from "./moved";
import { TenantFiles } from "./tenant-files";

export interface DedicatedTenantArgs extends Omit<CellArgs, "keyArn"> {
  /** UUID of the tenant. */
  readonly tenantId: string;
  /** Name of the tenant's bucket. */
  readonly bucket: string;
  /** Where S3 writes down who touched which object of the bucket. */
  readonly accessLogs: AccessLogs;
  /** ARN of the customer's own KMS key. @default a key that is made for the tenant */
  readonly customerKeyArn?: string;
  /** The role that opens sessions for tenants. @default no access to the bucket */
  readonly brokerRoleArn?: string;
}

/** A tenant with a server, a bucket and a key of its own: a cell of one. */
export class DedicatedTenant extends pulumi.ComponentResource {
  /** Where the tenant is. */
  readonly directory: pulumi.Output<readonly DirectoryRow[]>;
  /** Where its files are. */
  readonly files: pulumi.Output<FilesPlace>;

  constructor(name: string, args: DedicatedTenantArgs, opts?: pulumi.ComponentResourceOptions) {
    const options = { ...opts, providers: [args.region.provider] };
    super("tenantry:components:DedicatedTenant", name, {}, options);

    const within = { parent: this, ...movedFrom(args.adoption) };
    const keyArn = args.customerKeyArn ?? this.createKey(`${name}-key`, args, within);
    this.directory = new Cell(name, { ...args, keyArn }, { parent: this }).directory;
    const cells = [args.placement.name];
    this.files = new TenantFiles(`${name}-files`, { ...args, cells, keyArn }, within).place;
    this.registerOutputs();
  }

  private createKey(
    name: string,
    { placement, region, fences, tags }: DedicatedTenantArgs,
    opts: pulumi.CustomResourceOptions,
  ): pulumi.Output<string> {
    const description = `Data of the Tenantry tenant ${placement.name}`;
    const services = ["rds", "backup", "s3"] as const;
    return createEncryptionKey(name, { description, region, services, fences, tags }, opts).arn;
  }
}
