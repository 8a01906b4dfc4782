import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Fences } from "./fences";
import { brokerTrust, filesPolicy, tlsOnly } from "./files-policies";
import type { Region } from "./region";
import type { Tags } from "./tags";

export interface TenantFilesArgs {
  /** Name of the bucket, unique in the world. */
  readonly bucket: string;
  readonly region: Region;
  readonly fences: Fences;
  readonly tags: Tags;
  /** The role that opens sessions for tenants. @default no role and no access: the bucket alone */
  readonly brokerRoleArn?: string;
  /** ARN of the KMS key. @default S3's own keys */
  readonly keyArn?: pulumi.Input<string>;
  /** The one tenant that sessions are opened for. @default any tenant, each under its own prefix */
  readonly tenantId?: string;
}

/** Deleted and overwritten objects can be brought back this long. */
const UNDELETE_DAYS = 30;
const ABANDONED_UPLOAD_DAYS = 7;
const SESSION_SECONDS = 3600;

/** A bucket for tenants' files, and one role for however many tenants it has: a session's tag says which one it is. */
export class TenantFiles extends pulumi.ComponentResource {
  /** Settings go, or stay, with their bucket: a bucket that is left behind keeps its encryption and stays closed. */
  private readonly ofBucket: pulumi.CustomResourceOptions;

  constructor(name: string, args: TenantFilesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("tenantry:components:TenantFiles", name, {}, { ...opts, providers: [args.region.provider] });

    const bucket = this.createBucket(`${name}-bucket`, args);
    const { retainOnDelete } = args.fences;
    this.ofBucket = { parent: this, retainOnDelete, deletedWith: bucket };
    this.closeToPublic(`${name}-public-access`, bucket);
    this.encrypt(`${name}-encryption`, bucket, args.keyArn);
    this.keepVersions(name, bucket);
    this.requireTls(`${name}-tls`, bucket);
    if (args.brokerRoleArn !== undefined) this.admitSessions(`${name}-sessions`, bucket, args.brokerRoleArn, args);
    this.registerOutputs();
  }

  private createBucket(name: string, { bucket, fences, tags }: TenantFilesArgs): aws.s3.Bucket {
    const { protect, retainOnDelete, forceDestroy } = fences;
    return new aws.s3.Bucket(name, { bucket, forceDestroy, tags }, { parent: this, protect, retainOnDelete });
  }

  private closeToPublic(name: string, { bucket }: aws.s3.Bucket): void {
    const closed = {
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    };
    new aws.s3.BucketPublicAccessBlock(name, { bucket, ...closed }, this.ofBucket);
  }

  private encrypt(name: string, { bucket }: aws.s3.Bucket, keyArn: pulumi.Input<string> | undefined): void {
    const byDefault =
      keyArn === undefined ? { sseAlgorithm: "AES256" } : { sseAlgorithm: "aws:kms", kmsMasterKeyId: keyArn };
    const rules = [{ applyServerSideEncryptionByDefault: byDefault, bucketKeyEnabled: keyArn !== undefined }];
    new aws.s3.BucketServerSideEncryptionConfiguration(name, { bucket, rules }, this.ofBucket);
  }

  private keepVersions(name: string, { bucket }: aws.s3.Bucket): void {
    const versioningConfiguration = { status: "Enabled" };
    const versioning = new aws.s3.BucketVersioning(
      `${name}-versions`,
      { bucket, versioningConfiguration },
      this.ofBucket,
    );
    const rule = {
      id: "expire-old-versions",
      status: "Enabled",
      filter: {},
      noncurrentVersionExpiration: { noncurrentDays: UNDELETE_DAYS },
      abortIncompleteMultipartUpload: { daysAfterInitiation: ABANDONED_UPLOAD_DAYS },
    };
    // S3 forgets rules about old versions that it is told of before it keeps any.
    new aws.s3.BucketLifecycleConfiguration(
      `${name}-lifecycle`,
      { bucket, rules: [rule] },
      { ...this.ofBucket, dependsOn: versioning },
    );
  }

  private requireTls(name: string, { bucket, arn }: aws.s3.Bucket): void {
    const policy = arn.apply((bucketArn) => JSON.stringify(tlsOnly(bucketArn)));
    new aws.s3.BucketPolicy(name, { bucket, policy }, this.ofBucket);
  }

  private admitSessions(name: string, { arn }: aws.s3.Bucket, brokerRoleArn: string, args: TenantFilesArgs): void {
    const { region, keyArn, tenantId, tags } = args;
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
    const policy = pulumi.all([arn, keyArn]).apply(([bucketArn, key]) => {
      const access = { bucketArn, region: region.region, ...(key === undefined ? {} : { keyArn: key }) };
      return JSON.stringify(filesPolicy(access));
    });
    new aws.iam.RolePolicy(`${name}-policy`, { role: role.name, policy }, { parent: this });
  }
}
