import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { TenantryError } from "../registry/errors";
import { createMonitoringRole } from "./monitoring-role";
import { enoughSubnets, NETWORK_TAG, soleVpc } from "./network-lookup";
import type { RegionConfig } from "./stack-config";

export interface RegionArgs {
  /** Such as `eu-west-1`. */
  readonly region: string;
  readonly network: RegionConfig;
  readonly provider: aws.Provider;
}

/** What the servers of one AWS region share: the provider, the account and the network. */
export class Region extends pulumi.ComponentResource {
  readonly region: string;
  readonly provider: aws.Provider;
  /** Number of the account that the provider's credentials belong to. */
  readonly accountId: pulumi.Output<string>;
  readonly vpcId: pulumi.Output<string>;
  readonly clientSecurityGroupIds: readonly string[];
  readonly subnetGroupName: pulumi.Output<string>;
  /** Of the role by which RDS reports what it measures in the operating system. */
  readonly monitoringRoleArn: pulumi.Output<string>;

  constructor(name: string, args: RegionArgs, opts?: pulumi.ComponentResourceOptions) {
    super("tenantry:components:Region", name, {}, { ...opts, providers: [args.provider] });
    const { region, network, provider } = args;
    this.region = region;
    this.provider = provider;
    this.clientSecurityGroupIds = network.clientSecurityGroupIds;
    this.accountId = aws.getCallerIdentityOutput({}, { parent: this }).accountId;
    this.vpcId = network.vpcId === undefined ? this.findVpc() : pulumi.output(network.vpcId);
    this.subnetGroupName = this.createSubnetGroup(`${name}-subnets`, network.subnetIds ?? this.findSubnets()).name;
    const monitored = { region, accountId: this.accountId };
    this.monitoringRoleArn = createMonitoringRole(`${name}-monitoring`, monitored, { parent: this });
    this.registerOutputs();
  }

  private createSubnetGroup(name: string, subnetIds: pulumi.Input<pulumi.Input<string>[]>): aws.rds.SubnetGroup {
    const args = { description: "Subnets of the servers that Tenantry manages", subnetIds };
    return new aws.rds.SubnetGroup(name, args, { parent: this });
  }

  private findVpc(): pulumi.Output<string> {
    const { ids } = aws.ec2.getVpcsOutput({ filters: [TAGGED] }, { parent: this });
    return ids.apply((found) => told(() => soleVpc(this.region, found)));
  }

  private findSubnets(): pulumi.Output<string[]> {
    const filters = [{ name: "vpc-id", values: [this.vpcId] }, TAGGED];
    const { ids } = aws.ec2.getSubnetsOutput({ filters }, { parent: this });
    return pulumi
      .all([this.vpcId, ids])
      .apply(([vpcId, found]) => told(() => [...enoughSubnets(this.region, vpcId, found)]));
  }
}

const TAGGED = { name: `tag:${NETWORK_TAG.key}`, values: [NETWORK_TAG.value] };

/** A refusal as Pulumi prints it: without a stack trace. */
function told<T>(find: () => T): T {
  try {
    return find();
  } catch (error) {
    throw error instanceof TenantryError ? new pulumi.RunError(error.message) : error;
  }
}
