/** Who may touch which objects, as IAM policy documents. Pure, so that an evaluator can be run over them. */
import { filesPrefix } from "../registry/names";
import { type PolicyDocument, policyOf, type Statement } from "./policy-document";

/** Tags of roles and users fill `aws:PrincipalTag` too: this key must never be put on one. */
export const SESSION_TAG = "tenantry-session-tenant";
const PRINCIPAL_TAG = `aws:PrincipalTag/${SESSION_TAG}`;
const REQUEST_TAG = `aws:RequestTag/${SESSION_TAG}`;
/** Filled in by IAM with the tag of the session that asks. */
const OWN_PREFIX = filesPrefix(`\${${PRINCIPAL_TAG}}`);
const UUID_PATTERN = [8, 4, 4, 4, 12].map((length) => "?".repeat(length)).join("-");

/** Without the tag the variable would stay in the text, or match an empty name: `Null` requires that it is there. */
const TAGGED = { Null: { [PRINCIPAL_TAG]: "false" } } as const;

export interface BucketAccess {
  readonly bucketArn: string;
  readonly region: string;
  /** ARN of the KMS key that the bucket encrypts with. */
  readonly keyArn: string;
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
  const open: Statement = {
    Sid: "UseKeyOfBucket",
    Effect: "Allow",
    Action: ["kms:GenerateDataKey", "kms:Decrypt"],
    Resource: keyArn,
    Condition: { ...TAGGED, StringEquals: { "kms:ViaService": `s3.${region}.amazonaws.com` } },
  };
  return policyOf(list, use, open);
}

/** The broker alone opens sessions, with that one tag and no other: for any tenant, or for the one of `tenantId`. */
export function brokerTrust(brokerRoleArn: string, tenantId?: string): PolicyDocument {
  const anyTenant = { StringLike: { [REQUEST_TAG]: UUID_PATTERN } };
  const tenant = tenantId === undefined ? anyTenant : { StringEquals: { [REQUEST_TAG]: tenantId } };
  return policyOf({
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
