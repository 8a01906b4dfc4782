/** What a tenant's session might do beside objects: change a bucket, or its own rights. */
import { decide } from "../../policies/iam/decide";
import type { Probe, ProbeText } from "../probe";
import { attemptAll, awsCommand } from "./attempts";
import { sessionOfTenant } from "./callers";
import { attackersIn, type Cloud } from "./cloud";
import { nameOf, TLS } from "./objects";

const SETTINGS: ProbeText = {
  name: "s3-settings-of-buckets",
  layer: "s3",
  attack:
    "A tenant's session changes or reads a bucket's policy, versions, lifecycle, encryption, logs, notifications or replication, or deletes it.",
  guard: "The sessions' policy allows five actions on objects and one list, and none on buckets.",
};
/** Permission to command: they have other names. */
const ON_BUCKETS = {
  DeleteBucket: "delete-bucket",
  DeleteBucketPolicy: "delete-bucket-policy",
  GetBucketPolicy: "get-bucket-policy",
  GetEncryptionConfiguration: "get-bucket-encryption",
  PutAnalyticsConfiguration: "put-bucket-analytics-configuration",
  PutBucketAcl: "put-bucket-acl",
  PutBucketCORS: "put-bucket-cors",
  PutBucketLogging: "put-bucket-logging",
  PutBucketNotification: "put-bucket-notification-configuration",
  PutBucketObjectLockConfiguration: "put-object-lock-configuration",
  PutBucketOwnershipControls: "put-bucket-ownership-controls",
  PutBucketPolicy: "put-bucket-policy",
  PutBucketPublicAccessBlock: "put-public-access-block",
  PutBucketTagging: "put-bucket-tagging",
  PutBucketVersioning: "put-bucket-versioning",
  PutBucketWebsite: "put-bucket-website",
  PutEncryptionConfiguration: "put-bucket-encryption",
  PutInventoryConfiguration: "put-bucket-inventory-configuration",
  PutLifecycleConfiguration: "put-bucket-lifecycle-configuration",
  PutReplicationConfiguration: "put-bucket-replication",
} as const;

export const settingsOfBuckets: Probe<Cloud> = {
  ...SETTINGS,
  run: async (cloud) =>
    attemptAll(
      SETTINGS,
      attackersIn(cloud).flatMap((tenant) =>
        cloud.buckets.flatMap(({ name, account, policy }) =>
          Object.entries(ON_BUCKETS).map(([action, command]) => {
            const target = { arn: `arn:aws:s3:::${name}`, account, ...(policy && { policy }) };
            return {
              who: nameOf(tenant),
              target: target.arn,
              statement: awsCommand(`s3api ${command}`, { bucket: name }),
              decide: () => decide({ caller: sessionOfTenant(tenant), action: `s3:${action}`, target, keys: TLS }),
            };
          }),
        ),
      ),
    ),
};

const RIGHTS: ProbeText = {
  name: "iam-rights-of-sessions",
  layer: "iam",
  attack:
    "A tenant's session takes more rights: it edits its role, passes it on, makes users, keys and access points, opens other sessions, reads secrets, starts restores.",
  guard: "The sessions' policy names S3 and one KMS key, and nothing of IAM.",
};
/** One of each way that leads from one identity to more rights, or round a bucket's policy to its data. */
const BEYOND = {
  "iam:AttachRolePolicy": "iam attach-role-policy",
  "iam:CreateAccessKey": "iam create-access-key",
  "iam:CreatePolicyVersion": "iam create-policy-version",
  "iam:CreateUser": "iam create-user",
  "iam:DeleteRolePolicy": "iam delete-role-policy",
  "iam:PassRole": "rds create-db-instance --monitoring-role-arn",
  "iam:PutRolePolicy": "iam put-role-policy",
  "iam:TagRole": "iam tag-role",
  "iam:UpdateAssumeRolePolicy": "iam update-assume-role-policy",
  "sts:AssumeRole": "sts assume-role",
  "sts:TagSession": "sts assume-role --tags",
  "s3:CreateAccessPoint": "s3control create-access-point",
  "s3:CreateJob": "s3control create-job",
  "s3:ListAllMyBuckets": "s3api list-buckets",
  "s3:PutAccountPublicAccessBlock": "s3control put-public-access-block",
  "backup:StartRestoreJob": "backup start-restore-job",
  "rds:CopyDBSnapshot": "rds copy-db-snapshot",
  "rds:ModifyDBInstance": "rds modify-db-instance",
  "rds-db:connect": "rds generate-db-auth-token",
  "secretsmanager:GetSecretValue": "secretsmanager get-secret-value",
  "ssm:GetParameter": "ssm get-parameter",
  "logs:GetLogEvents": "logs get-log-events",
} as const;

export const rightsOfSessions: Probe<Cloud> = {
  ...RIGHTS,
  run: async (cloud) =>
    attemptAll(
      RIGHTS,
      attackersIn(cloud).flatMap((tenant) =>
        Object.entries(BEYOND).map(([action, command]) => {
          const { arn, account } = tenant.role;
          return {
            who: nameOf(tenant),
            target: arn,
            statement: `aws ${command} # on ${arn}`,
            decide: () => decide({ caller: sessionOfTenant(tenant), action, target: { arn, account } }),
          };
        }),
      ),
    ),
};
