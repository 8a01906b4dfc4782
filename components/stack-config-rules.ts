/** Every key of the stack configuration: its rule, what is allowed in words, and an example to type. */
import { z } from "zod";
import { DEFAULT_ADMIN, DEFAULT_DATABASE, DEFAULT_KUBERNETES_AUTH, DEFAULT_VAULT_MOUNT, SLUG } from "../registry/names";
import { isAlarmEndpoint } from "./alarm-endpoints";

/** GovCloud, China and others are partitions of their own: their ARNs do not begin with `arn:aws:`, as those in our policies do. */
const region = z
  .string()
  .regex(/^(?!cn-|us-gov-|us-iso)[a-z]{2}(-[a-z]+)+-\d$/, "an AWS region such as eu-west-1, not of GovCloud or China");
const awsId = (prefix: string) =>
  z.string().regex(new RegExp(`^${prefix}-([0-9a-f]{8}|[0-9a-f]{17})$`), `${prefix}- and 8 or 17 hexadecimal digits`);
const names = z.array(z.string().min(1, "a name")).min(1, "a list of at least one name");
const sqlName = z.string().regex(/^(?!pg_|rds)[a-z][a-z0-9_]{0,62}$/);
const days = z.int().min(1).max(3650);

/** The Vault token and every secret pass over this address: plain HTTP only where nobody can listen. */
function isVaultAddress(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname } = new URL(text);
  return protocol === "https:" || (protocol === "http:" && /^(localhost|127\.0\.0\.1|\[::1\])$/.test(hostname));
}

const alarmEndpoint = z.string().refine(isAlarmEndpoint, "an e-mail address, or the https:// address of a service");

const regionRules = z.strictObject({
  /** Missing: the one VPC of the region that is tagged `tenantry` = `database`. */
  vpcId: awsId("vpc").exactOptional(),
  /** Missing: the subnets of the VPC that have the same tag. */
  subnetIds: z.array(awsId("subnet")).min(2, "at least two subnets, in different availability zones").exactOptional(),
  /** Who may reach the servers: nobody unless written. */
  clientSecurityGroupIds: z.array(awsId("sg")).default([]),
  /** Where backups of the region's dedicated tenants are copied, unless the registry says otherwise. */
  backupCopyRegion: region.exactOptional(),
});

const kubernetesRules = z.strictObject({
  host: z.url({ protocol: /^https$/, error: "the https:// address of the Kubernetes API" }),
  /** Missing: Vault runs in the cluster itself. Given: outside, and the pods' own tokens are what it asks the cluster with. */
  caCertificate: z.string().startsWith("-----BEGIN CERTIFICATE-----", "a certificate in PEM form").exactOptional(),
  issuer: z.string().min(1, "the issuer of the cluster's tokens").exactOptional(),
  /** Path of the auth method in Vault. */
  path: z.string().min(1, "a path in Vault").default(DEFAULT_KUBERNETES_AUTH.path),
  audience: z.string().min(1, "the audience of the pods' tokens").default(DEFAULT_KUBERNETES_AUTH.audience),
  /** Service accounts that may read the secret of the tenant whose namespace they are in. */
  serviceAccounts: names.default([DEFAULT_KUBERNETES_AUTH.serviceAccount]),
  /** The pooled application, which serves all pooled tenants of all cells. */
  application: z.strictObject({ namespaces: names, serviceAccounts: names }).exactOptional(),
});

/** A server that this stack did not make: by another stack, or by somebody before there was any. */
const adoptionRules = z
  .strictObject({
    /** The stack that named server, replicas and bucket. */
    stack: z.string().min(1, "the name of the stack that made it").exactOptional(),
    /** RDS identifier of the server. */
    server: z
      .string()
      .regex(/^[a-z](?!.*--)[a-z0-9-]{0,61}[a-z0-9]$/, "an RDS identifier")
      .exactOptional(),
    /** Take it over from AWS, where no stack has it yet. */
    import: z.boolean().default(false),
    /** RDS never changes its master user. */
    adminUsername: sqlName.exactOptional(),
    /** Nor the key that a disk is encrypted with. A dedicated tenant says it in the registry. */
    keyArn: z
      .string()
      .regex(/^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[\w-]+$/, "the ARN of a KMS key")
      .exactOptional(),
  })
  .refine((adoption) => !adoption.import || adoption.server !== undefined, {
    message: "import needs the identifier of the server",
    path: ["server"],
  });

export const CONFIG_RULES = z.strictObject({
  /** Overridden by nothing: the same address for the program and for whoever reads secrets. */
  vaultAddress: z.string().refine(isVaultAddress),
  vaultMount: z
    .string()
    .regex(/^[a-z0-9]+([/-][a-z0-9]+)*$/)
    .default(DEFAULT_VAULT_MOUNT),
  kubernetesAuth: kubernetesRules.exactOptional(),
  regions: z.record(region, regionRules).refine((map) => Object.keys(map).length > 0),
  bucketPrefix: z
    .string()
    .max(24)
    .regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/),
  brokerRoleArn: z
    .string()
    .regex(/^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/)
    .exactOptional(),
  environment: z.enum(["staging", "production"]).default("production"),
  backupRetentionDays: days.exactOptional(),
  backupLockDays: days.exactOptional(),
  /** False for a stack that nobody is woken for: no alarms, no messages, no dashboard. */
  alarms: z.boolean().default(true),
  /** Who gets every message; missing: nobody, and the alarms are there to be looked at. */
  alarmEndpoints: z.array(alarmEndpoint).min(1).exactOptional(),
  multiAz: z.boolean().exactOptional(),
  deletionProtection: z.boolean().default(true),
  tls: z.enum(["verify-full", "disable"]).default("verify-full"),
  certificateBundle: z.string().min(1).exactOptional(),
  databaseName: sqlName.default(DEFAULT_DATABASE),
  adminUsername: sqlName.default(DEFAULT_ADMIN),
  cells: z.array(z.string().regex(SLUG, "the name of a cell")).min(1).exactOptional(),
  adopted: z.record(z.string().regex(SLUG, "the name of a cell"), adoptionRules).default({}),
  /** Cells that were moved to another stack with `pulumi state move`. */
  elsewhere: z.array(z.string().regex(SLUG, "the name of a cell")).min(1).exactOptional(),
  ownsShared: z.boolean().default(true),
  registryDir: z.string().min(1).default("tenants"),
  owner: z
    .string()
    .regex(/^[\w .:/=+@-]{1,256}$/)
    .exactOptional(),
});

export type ConfigValues = z.output<typeof CONFIG_RULES>;
export type ConfigKey = keyof ConfigValues;

export interface ConfigWords {
  /** `text` is taken as it is written; `json` is how Pulumi hands on booleans, numbers, lists and objects. */
  readonly kind: "text" | "json";
  readonly allowed: string;
  /** A value to type after the key. */
  readonly example: string;
}

const text = (allowed: string, example: string): ConfigWords => ({ kind: "text", allowed, example });
const json = (allowed: string, example: string): ConfigWords => ({ kind: "json", allowed, example });

export const CONFIG_WORDS: Readonly<Record<ConfigKey, ConfigWords>> = {
  vaultAddress: text("an https:// address, or http:// on loopback", "https://vault.example.com:8200"),
  vaultMount: text("the path of a KV version 2 mount, without slashes around it", "secret"),
  kubernetesAuth: json("an object with host, the address of the Kubernetes API", "https://kubernetes.example.com"),
  regions: json(
    "an object: AWS region to an object, with vpcId unless one VPC there is tagged tenantry = database",
    "vpc-0123456789abcdef0",
  ),
  bucketPrefix: text("a lower-case word of at most 24 characters that no other AWS customer uses", "example-tenantry"),
  brokerRoleArn: text(
    "the ARN of the IAM role that opens sessions for tenants",
    "arn:aws:iam::111122223333:role/session-broker",
  ),
  environment: text("staging or production", "staging"),
  backupRetentionDays: json("days, from 1 to 3650", "35"),
  backupLockDays: json("days that a vault keeps each backup at least, from 1 to 3650", "14"),
  alarms: json("true or false", "false"),
  alarmEndpoints: json("a list of e-mail addresses and https:// addresses", "oncall@example.com"),
  multiAz: json("true or false", "true"),
  deletionProtection: json("true or false", "true"),
  tls: text("verify-full, or disable for servers on loopback", "verify-full"),
  certificateBundle: text("a PEM file of certificate authorities, relative to the project", "rds-global-bundle.pem"),
  databaseName: text("a PostgreSQL name in lower case", DEFAULT_DATABASE),
  adminUsername: text("a PostgreSQL name in lower case", DEFAULT_ADMIN),
  cells: json("a list of names of shared cells and slugs of dedicated tenants", "eu-1"),
  adopted: json("an object: name of a cell to an object with stack or server", "prod"),
  elsewhere: json("a list of cells that another stack runs now", "eu-1"),
  ownsShared: json("true or false", "false"),
  registryDir: text("a folder, relative to the project", "tenants"),
  owner: text("a team's name: letters, digits, spaces and . : / = + @ - _", "platform"),
};

/** Values to type for keys inside of objects and lists. */
export const NESTED_EXAMPLES: Readonly<Record<string, string>> = {
  vpcId: "vpc-0123456789abcdef0",
  subnetIds: "subnet-0123456789abcdef0",
  clientSecurityGroupIds: "sg-0123456789abcdef0",
  backupCopyRegion: "eu-central-1",
  host: "https://kubernetes.example.com",
  issuer: "https://issuer.example.com",
  path: "tenantry",
  audience: "vault",
  serviceAccounts: "default",
  namespaces: "shop",
  cells: "eu-1",
  alarmEndpoints: "oncall@example.com",
  elsewhere: "eu-1",
  stack: "prod",
  server: "shop-db",
  adminUsername: DEFAULT_ADMIN,
  keyArn: "arn:aws:kms:eu-west-1:111122223333:key/1a2b3c4d",
};
