/** The policies that the program writes, as a stack's state has them: two regions, one dedicated tenant, logs, a role of a service. */
import { admitsAccessLogs, oneKeyOnly, tlsOnly } from "../../components/bucket-policies";
import { brokerTrust, filesPolicy } from "../../components/files-policies";
import { keyPolicy } from "../../components/key-policy";
import { policyOf } from "../../components/policy-document";
import type { CloudSources, StackResource } from "../../prove/iam/read-cloud";
import { defaultId } from "../../registry/names";

const ACCOUNT = "111122223333";
export const BROKER = `arn:aws:iam::${ACCOUNT}:role/session-broker`;

const resource = (type: string, name: string, outputs: StackResource["outputs"]): StackResource => ({
  type,
  name,
  outputs,
});
export const roleArn = (name: string) => `arn:aws:iam::${ACCOUNT}:role/${name}`;
export const keyArn = (name: string, region = "eu-west-1") => `arn:aws:kms:${region}:${ACCOUNT}:key/${name}`;

const keyOf = (name: string, region: string, services: Parameters<typeof keyPolicy>[0]["services"]) =>
  resource("aws:kms/key:Key", name, {
    arn: keyArn(name, region),
    keyId: name,
    policy: JSON.stringify(keyPolicy({ accountId: ACCOUNT, region, services })),
  });

const ENCRYPTION = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration";

/** A bucket with its key and its role. @param tenantId of the one tenant that it is for */
function filesIn(name: string, region: string, tenantId?: string): readonly StackResource[] {
  const bucketArn = `arn:aws:s3:::${name}`;
  const key = keyArn(name, region);
  return [
    keyOf(name, region, tenantId === undefined ? ["s3"] : ["rds", "backup", "s3"]),
    resource("aws:s3/bucket:Bucket", name, { bucket: name, region }),
    resource("aws:s3/bucketPolicy:BucketPolicy", name, {
      bucket: name,
      policy: JSON.stringify(policyOf(...tlsOnly(bucketArn), ...oneKeyOnly(bucketArn, key))),
    }),
    resource(ENCRYPTION, name, {
      bucket: name,
      rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "aws:kms", kmsMasterKeyId: key } }],
    }),
    resource("aws:iam/role:Role", name, {
      name: `${name}-sessions`,
      arn: roleArn(`${name}-sessions`),
      assumeRolePolicy: JSON.stringify(brokerTrust(BROKER, tenantId)),
      tags: {},
      tagsAll: { "tenantry:stack": "dev" },
    }),
    resource("aws:iam/rolePolicy:RolePolicy", name, {
      role: `${name}-sessions`,
      policy: JSON.stringify(filesPolicy({ bucketArn, region, keyArn: key })),
    }),
  ];
}

const LOGS = "arn:aws:s3:::x-logs";

export const RESOURCES: readonly StackResource[] = [
  resource("pulumi:pulumi:Stack", "dev", {
    files: [
      { region: "eu-west-1", cells: ["eu-1"], bucket: "x-files-eu", sessionRoleArn: roleArn("x-files-eu-sessions") },
      { region: "us-east-1", cells: ["us-1"], bucket: "x-files-us", sessionRoleArn: roleArn("x-files-us-sessions") },
      { region: "eu-west-1", cells: ["acme"], bucket: "x-acme", sessionRoleArn: roleArn("x-acme-sessions") },
    ],
  }),
  ...filesIn("x-files-eu", "eu-west-1"),
  ...filesIn("x-files-us", "us-east-1"),
  ...filesIn("x-acme", "eu-west-1", defaultId("acme")),
  keyOf("servers", "eu-west-1", ["rds"]),
  resource("aws:s3/bucket:Bucket", "x-logs", { bucket: "x-logs", region: "eu-west-1" }),
  resource("aws:s3/bucketPolicy:BucketPolicy", "x-logs", {
    bucket: "x-logs",
    policy: JSON.stringify(
      policyOf(...tlsOnly(LOGS), admitsAccessLogs(LOGS, { accountId: ACCOUNT, bucketPrefix: "x-" })),
    ),
  }),
  resource("aws:iam/role:Role", "backups", {
    name: "backups",
    arn: roleArn("backups"),
    assumeRolePolicy: JSON.stringify(
      policyOf({
        Sid: "Backup",
        Effect: "Allow",
        Principal: { Service: "backup.amazonaws.com" },
        Action: "sts:AssumeRole",
      }),
    ),
  }),
  resource("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "backups", {
    role: "backups",
    policyArn: "arn:aws:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup",
  }),
];

const tenant = (slug: string, cell: string, tier: "pooled" | "schema" | "dedicated") => ({
  slug,
  id: defaultId(slug),
  cell,
  tier,
});

export const SOURCES: CloudSources = {
  resources: RESOURCES,
  directory: [
    tenant("acme", "acme", "dedicated"),
    tenant("birch", "eu-1", "schema"),
    tenant("cedar", "eu-1", "pooled"),
    tenant("dover", "eu-1", "pooled"),
    tenant("juniper", "us-1", "schema"),
    tenant("kestrel", "us-1", "pooled"),
  ],
  broker: BROKER,
};
