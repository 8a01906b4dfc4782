/** Who may touch which objects, as IAM policy documents. Pure, so that an evaluator can be run over them. */
import { filesPrefix } from "../registry/names";

/** Tags of roles and users fill `aws:PrincipalTag` too: this key must never be put on one. */
export const SESSION_TAG = "tenantry-session-tenant";
const PRINCIPAL_TAG = `aws:PrincipalTag/${SESSION_TAG}`;
const REQUEST_TAG = `aws:RequestTag/${SESSION_TAG}`;
/** Filled in by IAM with the tag of the session that asks. */
const OWN_PREFIX = filesPrefix(`\${${PRINCIPAL_TAG}}`);
const UUID_PATTERN = [8, 4, 4, 4, 12].map((length) => "?".repeat(length)).join("-");

interface Statement {
  readonly Sid: string;
  readonly Effect: "Allow" | "Deny";
  readonly Principal?: "*" | Readonly<Record<string, string>>;
  readonly Action: string | readonly string[];
  readonly Resource?: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

export interface PolicyDocument {
  readonly Version: "2012-10-17";
  readonly Statement: readonly Statement[];
}

const document = (...Statement: Statement[]): PolicyDocument => ({ Version: "2012-10-17", Statement });

/** Without the tag the variable would stay in the text, or match an empty name: `Null` requires that it is there. */
const TAGGED = { Null: { [PRINCIPAL_TAG]: "false" } } as const;

export interface BucketAccess {
  readonly bucketArn: string;
  readonly region: string;
  /** ARN of the KMS key that the bucket encrypts with. @default S3's own keys */
  readonly keyArn?: string;
}

/**
 * What a session may do in a bucket: only under `t/<id>/`, where `<id>` is its session tag. The same text serves a region's
 * shared bucket and the bucket of one tenant.
 */
export function filesPolicy({ bucketArn, region, keyArn }: BucketAccess): PolicyDocument {
  const list: Statement = {
    Sid: "ListOwnObjects",
    Effect: "Allow",
    Action: "s3:ListBucket",
    Resource: bucketArn,
    Condition: { ...TAGGED, StringLike: { "s3:prefix": `${OWN_PREFIX}*` } },
  };
  const use: Statement = {
    Sid: "UseOwnObjects",
    Effect: "Allow",
    Action: [
      "s3:GetObject",
      "s3:PutObject",
      "s3:DeleteObject",
      "s3:AbortMultipartUpload",
      "s3:ListMultipartUploadParts",
    ],
    Resource: `${bucketArn}/${OWN_PREFIX}*`,
    Condition: TAGGED,
  };
  if (keyArn === undefined) return document(list, use);
  const decrypt: Statement = {
    Sid: "UseKeyOfBucket",
    Effect: "Allow",
    Action: ["kms:GenerateDataKey", "kms:Decrypt"],
    Resource: keyArn,
    Condition: { ...TAGGED, StringEquals: { "kms:ViaService": `s3.${region}.amazonaws.com` } },
  };
  return document(list, use, decrypt);
}

/** The broker alone opens sessions, with that one tag and no other: for any tenant, or for the one of `tenantId`. */
export function brokerTrust(brokerRoleArn: string, tenantId?: string): PolicyDocument {
  const anyTenant = { StringLike: { [REQUEST_TAG]: UUID_PATTERN } };
  const tenant = tenantId === undefined ? anyTenant : { StringEquals: { [REQUEST_TAG]: tenantId } };
  return document({
    Sid: "BrokerOpensTaggedSessions",
    Effect: "Allow",
    Principal: { AWS: brokerRoleArn },
    Action: ["sts:AssumeRole", "sts:TagSession"],
    Condition: {
      ...tenant,
      Null: { [REQUEST_TAG]: "false" },
      "ForAllValues:StringEquals": { "aws:TagKeys": [SESSION_TAG] },
    },
  });
}

/** Refuses everybody who does not use TLS 1.2 or newer. */
export function tlsOnly(bucketArn: string): PolicyDocument {
  const refusal = { Effect: "Deny", Principal: "*", Action: "s3:*", Resource: [bucketArn, `${bucketArn}/*`] } as const;
  return document(
    { ...refusal, Sid: "RefusePlainText", Condition: { Bool: { "aws:SecureTransport": "false" } } },
    { ...refusal, Sid: "RefuseOldTls", Condition: { NumericLessThan: { "s3:TlsVersion": "1.2" } } },
  );
}
