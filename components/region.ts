import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { RegionConfig } from "./stack-config";

export interface RegionArgs {
  /** Such as `eu-west-1`. */
  readonly region: string;
  readonly network: RegionConfig;
  readonly provider: aws.Provider;
}

/** What the servers of one AWS region share: the provider and the network. */
export class Region extends pulumi.ComponentResource {
  readonly region: string;
  readonly provider: aws.Provider;
  readonly vpcId: string;
  readonly clientSecurityGroupIds: readonly string[];
  readonly subnetGroupName: pulumi.Output<string>;

  constructor(name: string, args: RegionArgs, opts?: pulumi.ComponentResourceOptions) {
    super("tenantry:components:Region", name, {}, { ...opts, providers: [args.provider] });
    this.region = args.region;
    this.vpcId = args.network.vpcId;
    this.clientSecurityGroupIds = args.network.clientSecurityGroupIds;
    this.provider = args.provider;
    this.subnetGroupName = this.createSubnetGroup(`${name}-subnets`, args.network).name;
    this.registerOutputs();
  }

  private createSubnetGroup(name: string, { vpcId, subnetIds }: RegionConfig): aws.rds.SubnetGroup {
    const args = {
      description: "Subnets of the servers that Tenantry manages",
      subnetIds: subnetIds ?? this.findSubnets(vpcId),
    };
    return new aws.rds.SubnetGroup(name, args, { parent: this });
  }

  /** RDS refuses fewer than two availability zones when the group is made. */
  private findSubnets(vpcId: string): pulumi.Output<string[]> {
    const filters = [
      { name: "vpc-id", values: [vpcId] },
      { name: "tag:tenantry", values: ["database"] },
    ];
    return aws.ec2.getSubnetsOutput({ filters }, { parent: this }).ids;
  }
}
