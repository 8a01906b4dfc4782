/** Data at rest is encrypted, where it matters with a key of our own, whose use can be seen and taken away. */
import { isGiven, isOrMayBe, listOf, type Values, valuesOf } from "../plain";
import { resourceRule } from "../rule";

interface Want {
  readonly holds: (props: Values) => boolean;
  readonly say: string;
}

const on = (property: string): Want => ({
  holds: (props) => isOrMayBe(props[property], true),
  say: `${property} must be true`,
});
const key = (property: string): Want => ({
  holds: (props) => isGiven(props[property]),
  say: `${property} must name a KMS key`,
});
const keyWhere = (property: string, switchedOn: string): Want => ({
  holds: (props) => props[switchedOn] !== true || isGiven(props[property]),
  say: `${property} must name a KMS key, because ${switchedOn} is on`,
});

const DATABASE = [on("storageEncrypted"), key("kmsKeyId")];

/** A read replica in the same region has its source's key, and RDS refuses another. */
const REPLICA_OR_KEY: Want = {
  holds: ({ replicateSourceDb, kmsKeyId }) => isGiven(replicateSourceDb) || isGiven(kmsKeyId),
  say: "kmsKeyId must name a KMS key",
};
const REPLICA_OR_ENCRYPTED: Want = {
  holds: ({ replicateSourceDb, storageEncrypted }) => isGiven(replicateSourceDb) || isOrMayBe(storageEncrypted, true),
  say: "storageEncrypted must be true",
};

/** S3 encrypts with its own keys what nobody says otherwise about; a KMS key without a bucket key is asked for every object. */
const BUCKET_KEYS: Want = {
  holds: ({ rules }) =>
    listOf(rules).every((rule) => {
      const { applyServerSideEncryptionByDefault: byDefault, bucketKeyEnabled } = valuesOf(rule);
      const { sseAlgorithm } = valuesOf(byDefault);
      return sseAlgorithm === "AES256" || isOrMayBe(bucketKeyEnabled, true);
    }),
  say: "each rule with a KMS key must have bucketKeyEnabled",
};
const BUCKET_ENCRYPTED: Want = {
  holds: ({ rules }) =>
    listOf(rules).length > 0 &&
    listOf(rules).every((rule) => isGiven(valuesOf(valuesOf(rule).applyServerSideEncryptionByDefault).sseAlgorithm)),
  say: "a rule must say how objects are encrypted by default",
};
const QUEUE: Want = {
  holds: ({ kmsMasterKeyId, sqsManagedSseEnabled }) => isGiven(kmsMasterKeyId) || isOrMayBe(sqsManagedSseEnabled, true),
  say: "kmsMasterKeyId must name a KMS key, or sqsManagedSseEnabled must be true",
};
const TABLE: Want = {
  holds: ({ serverSideEncryption }) => isOrMayBe(valuesOf(serverSideEncryption).enabled, true),
  say: "serverSideEncryption must be enabled",
};

const WANTED: Readonly<Record<string, readonly Want[]>> = {
  "aws:rds/instance:Instance": [
    REPLICA_OR_ENCRYPTED,
    REPLICA_OR_KEY,
    keyWhere("performanceInsightsKmsKeyId", "performanceInsightsEnabled"),
  ],
  "aws:rds/cluster:Cluster": DATABASE,
  "aws:docdb/cluster:Cluster": DATABASE,
  "aws:neptune/cluster:Cluster": [on("storageEncrypted"), key("kmsKeyArn")],
  "aws:redshift/cluster:Cluster": [on("encrypted"), key("kmsKeyId")],
  "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": [
    BUCKET_ENCRYPTED,
    BUCKET_KEYS,
  ],
  "aws:sns/topic:Topic": [key("kmsMasterKeyId")],
  "aws:sqs/queue:Queue": [QUEUE],
  "aws:cloudwatch/logGroup:LogGroup": [key("kmsKeyId")],
  "aws:dynamodb/table:Table": [TABLE],
  "aws:ebs/volume:Volume": [on("encrypted")],
  "aws:efs/fileSystem:FileSystem": [on("encrypted")],
  "aws:elasticache/replicationGroup:ReplicationGroup": [on("atRestEncryptionEnabled"), on("transitEncryptionEnabled")],
  "aws:secretsmanager/secret:Secret": [key("kmsKeyId")],
};

export const encryptionAtRest = resourceRule({
  name: "encryption-at-rest",
  description:
    "Databases, snapshots, performance data, buckets, topics, queues, log groups, tables and disks are encrypted; databases, topics, log groups and secrets with a KMS key that is named.",
  severity: "critical",
  remediation: "Turn it on when the resource is made: most services cannot encrypt later what they already hold",
  concerns: ({ type }) => Object.hasOwn(WANTED, type),
  check: ({ type, props }) => (WANTED[type] ?? []).filter(({ holds }) => !holds(props)).map(({ say }) => say),
});

const LEAST_DELETION_DAYS = 30;

export const keyRotation = resourceRule({
  name: "kms-key-rotation",
  description: "KMS keys rotate every year, and a deletion waits for 30 days, in which somebody can notice.",
  severity: "high",
  remediation: "Set enableKeyRotation to true and deletionWindowInDays to 30",
  concerns: ({ type, props }) =>
    type === "aws:kms/key:Key" && [undefined, "SYMMETRIC_DEFAULT"].includes(textOf(props.customerMasterKeySpec)),
  check: ({ props: { enableKeyRotation, deletionWindowInDays: days = LEAST_DELETION_DAYS } }) => [
    ...(isOrMayBe(enableKeyRotation, true) ? [] : ["enableKeyRotation must be true"]),
    ...(typeof days === "number" && days < LEAST_DELETION_DAYS ? [`its deletion waits for ${days} days only`] : []),
  ],
});

const textOf = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

/** Static and dynamic settings of a PostgreSQL family both carry it. */
export const tlsRequired = resourceRule({
  name: "rds-requires-tls",
  description: "Parameter groups of PostgreSQL servers refuse connections without TLS.",
  severity: "critical",
  remediation: 'Add { name: "rds.force_ssl", value: "1" } to its parameters',
  concerns: ({ type, props }) => PARAMETER_GROUPS.includes(type) && String(props.family).includes("postgres"),
  check: ({ props }) => {
    const forced = listOf(props.parameters)
      .map(valuesOf)
      .some(({ name, value }) => isOrMayBe(name, "rds.force_ssl") && isOrMayBe(value, "1"));
    return forced ? [] : ["rds.force_ssl must be 1"];
  },
});

const PARAMETER_GROUPS: readonly string[] = [
  "aws:rds/parameterGroup:ParameterGroup",
  "aws:rds/clusterParameterGroup:ClusterParameterGroup",
];
