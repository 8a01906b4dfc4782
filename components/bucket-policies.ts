/** What a bucket itself refuses, and whose logs it takes, as statements of bucket policies. Pure. */
import type { Statement } from "./policy-document";

const SSE = "s3:x-amz-server-side-encryption";
const SSE_KEY = "s3:x-amz-server-side-encryption-aws-kms-key-id";
const SSE_CUSTOMER = "s3:x-amz-server-side-encryption-customer-algorithm";
const NAMED = "false"; // a `Null` condition of "false" holds where the request has the key

const refusal = { Effect: "Deny", Principal: "*" } as const;

/** Refuses everybody who does not use TLS 1.2 or newer. */
export function tlsOnly(bucketArn: string): readonly Statement[] {
  const anything = { ...refusal, Action: "s3:*", Resource: [bucketArn, `${bucketArn}/*`] };
  return [
    { ...anything, Sid: "RefusePlainText", Condition: { Bool: { "aws:SecureTransport": "false" } } },
    { ...anything, Sid: "RefuseOldTls", Condition: { NumericLessThan: { "s3:TlsVersion": "1.2" } } },
  ];
}

/**
 * Refuses objects under any other key than the bucket's: S3's own, another KMS key, or one that the writer brings and the bucket's
 * owner could never open. An upload that names no encryption gets the bucket's. Negated operators hold for keys that a request
 * does not have, so each statement asks for its key first.
 */
export function oneKeyOnly(bucketArn: string, keyArn: string): readonly Statement[] {
  const upload = { ...refusal, Action: "s3:PutObject", Resource: `${bucketArn}/*` };
  return [
    {
      ...upload,
      Sid: "RefuseOtherEncryption",
      Condition: { Null: { [SSE]: NAMED }, StringNotEquals: { [SSE]: "aws:kms" } },
    },
    {
      ...upload,
      Sid: "RefuseOtherKeys",
      Condition: { Null: { [SSE_KEY]: NAMED }, StringNotEquals: { [SSE_KEY]: keyArn } },
    },
    { ...upload, Sid: "RefuseKeysOfWriters", Condition: { Null: { [SSE_CUSTOMER]: NAMED } } },
  ];
}

export interface LogSources {
  /** Twelve digits: the account of the buckets that are logged. */
  readonly accountId: string;
  /** What the names of these buckets begin with. */
  readonly bucketPrefix: string;
}

/** S3 writes access logs of our own buckets here: not those of another account that names this bucket as its target. */
export function admitsAccessLogs(bucketArn: string, { accountId, bucketPrefix }: LogSources): Statement {
  return {
    Sid: "S3DeliversAccessLogs",
    Effect: "Allow",
    Principal: { Service: "logging.s3.amazonaws.com" },
    Action: "s3:PutObject",
    Resource: `${bucketArn}/*`,
    Condition: {
      ArnLike: { "aws:SourceArn": `arn:aws:s3:::${bucketPrefix}*` },
      StringEquals: { "aws:SourceAccount": accountId },
    },
  };
}
