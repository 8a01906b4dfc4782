import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { ServerSize } from "../registry/types";
import type { Fences } from "./fences";
import { ACCESS, diskOf, insightsOf, UPKEEP } from "./server-traits";
import type { Tags } from "./tags";

export interface ReadReplicaArgs {
  /** RDS identifier. */
  readonly identifier: string;
  /** The server that it copies, in the same region. */
  readonly source: aws.rds.Instance;
  readonly size: ServerSize;
  /** ARN of the key of the source: it encrypts the performance data here, and RDS takes it for the disk by itself. */
  readonly keyArn: pulumi.Input<string>;
  /** ARN of the role of enhanced monitoring. */
  readonly monitoringRoleArn: pulumi.Input<string>;
  readonly parameters: aws.rds.ParameterGroup;
  readonly securityGroup: aws.ec2.SecurityGroup;
  readonly fences: Fences;
  readonly tags: Tags;
}

/**
 * A read-only copy of a server, with an endpoint of its own. It is deleted before its source, since it depends on it: RDS would
 * make a server of its own of a replica that is left behind. What is not said here (engine, version, user, subnets, key) RDS takes
 * from the source and refuses, or ignores, when it is told; version upgrades come from the source too. A replica has neither
 * backups nor a final snapshot: it holds nothing that its source does not. RDS does not take deletion protection when it
 * makes one, so that `protect` alone stands before it.
 */
export function createReadReplica(
  name: string,
  { identifier, source, size, parameters, securityGroup, fences, tags, ...args }: ReadReplicaArgs,
  opts: pulumi.CustomResourceOptions,
): aws.rds.Instance {
  return new aws.rds.Instance(
    name,
    {
      identifier,
      replicateSourceDb: source.identifier,
      instanceClass: size.replicaClass ?? size.instanceClass,
      parameterGroupName: parameters.name,
      vpcSecurityGroupIds: [securityGroup.id],
      backupRetentionPeriod: 0,
      skipFinalSnapshot: true,
      tags,
      ...diskOf(size),
      ...ACCESS,
      ...UPKEEP,
      ...insightsOf(args),
    },
    pulumi.mergeOptions(opts, { protect: fences.protectReplicas }),
  );
}
