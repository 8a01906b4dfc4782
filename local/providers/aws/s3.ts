/** S3 buckets and what is set on them. */
import { text } from "../stand-in";
import { jsonText, named, type Simulated } from "./simulate";
import { arn } from "./site";

const BUCKET_NAME = /^(?!xn--|sthree-)(?!.*\.\.)(?!\d+\.\d+\.\d+\.\d+$)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

/** A setting of a bucket has the bucket's name as id. */
const setting = (property: string): Simulated => ({
  required: ["bucket", property],
  replaceOn: ["bucket"],
  outputs: (inputs) => ({ id: text(inputs, "bucket") }),
});

export const S3: Readonly<Record<string, Simulated>> = {
  "aws:s3/bucket:Bucket": {
    required: [],
    replaceOn: ["bucket", "bucketPrefix", "objectLockEnabled"],
    named: "bucket",
    tagged: true,
    check: (inputs) =>
      named(inputs, "bucket", BUCKET_NAME, "must be 3 to 63 lower-case letters, digits, dots and hyphens"),
    outputs: (inputs, { region }) => {
      const bucket = text(inputs, "bucket");
      const domains = {
        bucketDomainName: `${bucket}.s3.amazonaws.com`,
        bucketRegionalDomainName: `${bucket}.s3.${region}.amazonaws.com`,
      };
      return { id: bucket, arn: arn("s3", "", bucket, ""), region, ...domains };
    },
  },
  "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": {
    required: ["bucket"],
    replaceOn: ["bucket"],
    outputs: (inputs) => ({ id: text(inputs, "bucket") }),
  },
  "aws:s3/bucketOwnershipControls:BucketOwnershipControls": setting("rule"),
  "aws:s3/bucketVersioning:BucketVersioning": setting("versioningConfiguration"),
  "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": setting("rules"),
  "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": setting("rules"),
  "aws:s3/bucketLogging:BucketLogging": setting("targetBucket"),
  "aws:s3/bucketPolicy:BucketPolicy": { ...setting("policy"), check: (inputs) => jsonText(inputs, "policy") },
};
