import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { type PolicyDocument, policyOf } from "./policy-document";

export interface MonitoringRoleArgs {
  /** Region of the servers that are monitored. */
  readonly region: string;
  /** Account of the servers. */
  readonly accountId: pulumi.Input<string>;
}

const SENDS_METRICS = "arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole";

/**
 * The ARN of a role by which RDS writes what it measures in the operating system of a region's servers to CloudWatch Logs.
 * It is known once the role may do so: RDS refuses a server with a role that may not.
 */
export function createMonitoringRole(
  name: string,
  { region, accountId }: MonitoringRoleArgs,
  opts: pulumi.CustomResourceOptions,
): pulumi.Output<string> {
  const description = `Enhanced monitoring of the servers that Tenantry manages in ${region}`;
  const assumeRolePolicy = pulumi.output(accountId).apply((account) => JSON.stringify(assumedByRds(region, account)));
  const role = new aws.iam.Role(name, { description, assumeRolePolicy }, opts);
  const args = { role: role.name, policyArn: SENDS_METRICS };
  const attached = new aws.iam.RolePolicyAttachment(`${name}-logs`, args, opts);
  return pulumi.all([role.arn, attached.id]).apply(([arn]) => arn);
}

/**
 * For servers of this account and region alone: RDS acts for whoever names the role.
 * Source: "Protecting against the confused deputy problem", Setting up and enabling Enhanced Monitoring, Amazon RDS User Guide.
 */
const assumedByRds = (region: string, account: string): PolicyDocument =>
  policyOf({
    Sid: "EnhancedMonitoring",
    Effect: "Allow",
    Principal: { Service: "monitoring.rds.amazonaws.com" },
    Action: "sts:AssumeRole",
    Condition: {
      StringEquals: { "aws:SourceAccount": account },
      ArnLike: { "aws:SourceArn": `arn:aws:rds:${region}:${account}:db:*` },
    },
  });
