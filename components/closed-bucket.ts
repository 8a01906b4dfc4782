import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import type { Fences } from "./fences";
import { policyOf, type Statement } from "./policy-document";
import type { Tags } from "./tags";

export interface ClosedBucketArgs {
  /** Name of the bucket, unique in the world. */
  readonly bucket: string;
  readonly fences: Fences;
  readonly tags: Tags;
  /** The bucket's whole policy, from its ARN. */
  readonly policy: (bucketArn: pulumi.Output<string>) => pulumi.Output<readonly Statement[]>;
  /** ARN of the KMS key, one for the whole bucket. @default S3's own keys */
  readonly keyArn?: pulumi.Input<string>;
  /** Days after which objects go. @default they stay */
  readonly expireAfterDays?: number;
}

/** Deleted and overwritten objects can be brought back this long. */
const UNDELETE_DAYS = 30;
const ABANDONED_UPLOAD_DAYS = 7;
const NOBODY = { blockPublicAcls: true, blockPublicPolicy: true, ignorePublicAcls: true, restrictPublicBuckets: true };

/**
 * A bucket that is encrypted, keeps old versions for a while and belongs to its owner alone, with everything in it. Its settings
 * go, or stay, with it: a bucket that is left behind keeps its encryption and stays closed.
 */
export function createClosedBucket(name: string, args: ClosedBucketArgs, parent: pulumi.Resource): aws.s3.Bucket {
  const { bucket, tags } = args;
  const { protect, retainOnDelete, forceDestroy } = args.fences;
  const made = new aws.s3.Bucket(`${name}-bucket`, { bucket, forceDestroy, tags }, { parent, protect, retainOnDelete });
  const of = { bucket: made.bucket };
  const ofBucket = { parent, retainOnDelete, deletedWith: made };

  new aws.s3.BucketPublicAccessBlock(`${name}-public-access`, { ...of, ...NOBODY }, ofBucket);
  const rule = { objectOwnership: "BucketOwnerEnforced" };
  new aws.s3.BucketOwnershipControls(`${name}-ownership`, { ...of, rule }, ofBucket);
  const rules = [encryptionOf(args)];
  new aws.s3.BucketServerSideEncryptionConfiguration(`${name}-encryption`, { ...of, rules }, ofBucket);
  const versioningConfiguration = { status: "Enabled" };
  const versions = new aws.s3.BucketVersioning(`${name}-versions`, { ...of, versioningConfiguration }, ofBucket);
  // S3 forgets rules about old versions that it is told of before it keeps any.
  const afterVersions = { ...ofBucket, dependsOn: versions };
  new aws.s3.BucketLifecycleConfiguration(`${name}-lifecycle`, { ...of, rules: lifecycleOf(args) }, afterVersions);
  const policy = args.policy(made.arn).apply((statements) => JSON.stringify(policyOf(...statements)));
  new aws.s3.BucketPolicy(`${name}-policy`, { ...of, policy }, ofBucket);
  return made;
}

/** With a bucket key, S3 asks KMS once in a while and not for every object. Keys that a writer brings are blocked. */
const encryptionOf = ({ keyArn }: ClosedBucketArgs) => ({
  blockedEncryptionTypes: ["SSE-C"],
  ...(keyArn === undefined
    ? { applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" }, bucketKeyEnabled: false }
    : {
        applyServerSideEncryptionByDefault: { sseAlgorithm: "aws:kms", kmsMasterKeyId: keyArn },
        bucketKeyEnabled: true,
      }),
});

function lifecycleOf({ expireAfterDays }: ClosedBucketArgs) {
  const every = { status: "Enabled", filter: {} };
  const oldVersions = {
    ...every,
    id: "expire-old-versions",
    noncurrentVersionExpiration: { noncurrentDays: UNDELETE_DAYS },
    abortIncompleteMultipartUpload: { daysAfterInitiation: ABANDONED_UPLOAD_DAYS },
    // A deletion leaves a marker behind, which is of no use once the versions below it are gone.
    expiration: { expiredObjectDeleteMarker: true },
  };
  if (expireAfterDays === undefined) return [oldVersions];
  return [oldVersions, { ...every, id: "expire-objects", expiration: { days: expireAfterDays } }];
}
