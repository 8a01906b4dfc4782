import type * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { admitsAccessLogs, tlsOnly } from "./bucket-policies";
import { createClosedBucket } from "./closed-bucket";
import type { Fences } from "./fences";
import type { Region } from "./region";
import type { Tags } from "./tags";

export interface AccessLogsArgs {
  /** Name of the bucket, unique in the world. */
  readonly bucket: string;
  /** What the names of the buckets begin with whose logs come here. */
  readonly bucketPrefix: string;
  readonly region: Region;
  readonly fences: Fences;
  readonly tags: Tags;
}

/** Long enough to find out who read what in a year's audit. */
const RETENTION_DAYS = 365;

/**
 * Where S3 writes down who touched which object, once per region: S3 delivers within region and account only. The bucket has S3's
 * own encryption, the only one that log delivery works with, and is not logged itself: each delivery would make the next one.
 */
export class AccessLogs extends pulumi.ComponentResource {
  readonly bucket: aws.s3.Bucket;

  constructor(name: string, args: AccessLogsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("tenantry:components:AccessLogs", name, {}, { ...opts, providers: [args.region.provider] });
    const { bucket, bucketPrefix, region, fences, tags } = args;
    const policy = (bucketArn: pulumi.Output<string>) =>
      pulumi
        .all([bucketArn, region.accountId])
        .apply(([arn, accountId]) => [...tlsOnly(arn), admitsAccessLogs(arn, { accountId, bucketPrefix })]);
    this.bucket = createClosedBucket(name, { bucket, fences, tags, policy, expireAfterDays: RETENTION_DAYS }, this);
    this.registerOutputs();
  }
}
