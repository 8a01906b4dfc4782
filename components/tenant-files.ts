import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { FilesPlace } from "../registry/types";
import type { AccessLogs } from "./access-logs";
import { oneKeyOnly, tlsOnly } from "./bucket-policies";
import { createClosedBucket } from "./closed-bucket";
import { createEncryptionKey } from "./encryption-key";
import type { Fences } from "./fences";
import { brokerTrust, filesPolicy } from "./files-policies";
import type { Region } from "./region";
import type { Tags } from "./tags";

export interface TenantFilesArgs {
  /** Name of the bucket, unique in the world. */
  readonly bucket: string;
  readonly region: Region;
  /** The cells whose tenants have their files here. */
  readonly cells: readonly string[];
  readonly fences: Fences;
  readonly tags: Tags;
  /** Where S3 writes down who touched which object. */
  readonly accessLogs: AccessLogs;
  /** The role that opens sessions for tenants. @default no role and no access: the bucket alone */
  readonly brokerRoleArn?: string;
  /** ARN of the KMS key. @default a key of the bucket's own */
  readonly keyArn?: pulumi.Input<string>;
  /** The one tenant that sessions are opened for. @default any tenant, each under its own prefix */
  readonly tenantId?: string;
}

/** The longest that a broker which itself runs as a role may ask for: AWS calls that role chaining. */
const SESSION_SECONDS = 3600;

/** A bucket for tenants' files, and one role for however many tenants it has: a session's tag says which one it is. */
export class TenantFiles extends pulumi.ComponentResource {
  readonly place: pulumi.Output<FilesPlace>;

  constructor(name: string, args: TenantFilesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("tenantry:components:TenantFiles", name, {}, { ...opts, providers: [args.region.provider] });

    const keyArn = pulumi.output(args.keyArn ?? this.createKey(`${name}-key`, args));
    const bucket = this.createBucket(name, args, keyArn);
    this.logAccess(`${name}-logging`, bucket, args);
    const { brokerRoleArn: broker } = args;
    const role = broker && this.admitSessions(`${name}-sessions`, bucket, keyArn, broker, args);
    const { cells, region } = args;
    const sessionRoleArn = role ? { sessionRoleArn: role.arn } : {};
    this.place = pulumi.output({ region: region.region, cells, bucket: bucket.bucket, ...sessionRoleArn });
    this.registerOutputs();
  }

  private createKey(name: string, { region, fences, tags }: TenantFilesArgs): pulumi.Output<string> {
    const description = "Files of Tenantry's shared tenants";
    return createEncryptionKey(name, { description, region, services: ["s3"], fences, tags }, { parent: this }).arn;
  }

  private createBucket(
    name: string,
    { bucket, fences, tags }: TenantFilesArgs,
    keyArn: pulumi.Output<string>,
  ): aws.s3.Bucket {
    const policy = (bucketArn: pulumi.Output<string>) =>
      pulumi.all([bucketArn, keyArn]).apply(([arn, key]) => [...tlsOnly(arn), ...oneKeyOnly(arn, key)]);
    return createClosedBucket(name, { bucket, fences, tags, keyArn, policy }, this);
  }

  private logAccess(name: string, bucket: aws.s3.Bucket, { accessLogs, fences }: TenantFilesArgs): void {
    const args = {
      bucket: bucket.bucket,
      targetBucket: accessLogs.bucket.bucket,
      targetPrefix: "s3/",
      // One folder per bucket and day, so that a search reads what it needs.
      targetObjectKeyFormat: { partitionedPrefix: { partitionDateSource: "EventTime" } },
    };
    const { retainOnDelete } = fences;
    const options = { parent: this, retainOnDelete, deletedWith: bucket, dependsOn: accessLogs };
    new aws.s3.BucketLogging(name, args, options);
  }

  private admitSessions(
    name: string,
    { arn }: aws.s3.Bucket,
    keyArn: pulumi.Output<string>,
    brokerRoleArn: string,
    { region, tenantId, tags }: TenantFilesArgs,
  ): aws.iam.Role {
    const role = new aws.iam.Role(
      name,
      {
        description: "Sessions of tenants, each with the tag that names its tenant",
        assumeRolePolicy: JSON.stringify(brokerTrust(brokerRoleArn, tenantId)),
        maxSessionDuration: SESSION_SECONDS,
        tags,
      },
      { parent: this },
    );
    const policy = pulumi
      .all([arn, keyArn])
      .apply(([bucketArn, key]) => JSON.stringify(filesPolicy({ bucketArn, region: region.region, keyArn: key })));
    new aws.iam.RolePolicy(`${name}-policy`, { role: role.name, policy }, { parent: this });
    return role;
  }
}
