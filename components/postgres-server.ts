import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import type { ServerSize } from "../registry/types";
import type { BackupClass } from "./backup-class";
import type { Fences } from "./fences";
import { createReadReplica } from "./read-replica";
import type { Region } from "./region";
import { parametersOf } from "./server-parameters";
import { ACCESS, diskOf, insightsOf, POSTGRES_PORT, UPKEEP } from "./server-traits";
import type { Adoption } from "./stack-config";
import { BACKUP_TAG, type Tags } from "./tags";

export interface PostgresServerArgs {
  /** RDS identifier: at most 63 letters, digits and hyphens, unique in account and region. */
  readonly identifier: string;
  /** RDS identifiers of its read replicas. */
  readonly replicaIdentifiers: readonly string[];
  /** PostgreSQL major version. */
  readonly postgres: number;
  readonly size: ServerSize;
  readonly region: Region;
  /** ARN of the KMS key that encrypts disk, snapshots and performance data. */
  readonly keyArn: pulumi.Input<string>;
  readonly adminUsername: string;
  /** A standby in a second availability zone. */
  readonly multiAz: boolean;
  /** Days that RDS keeps its own daily backups and can restore to any second of, at most 35. */
  readonly retentionDays: number;
  /** What AWS Backup takes of it. @default nothing: RDS's own backups alone */
  readonly backup?: BackupClass;
  /** AWS upgrades the major version only where this says so; what is refused at preview is refused by the roster. */
  readonly allowMajorUpgrade: boolean;
  readonly fences: Fences;
  readonly tags: Tags;
  /** How the server came into the stack. @default the stack makes it */
  readonly adoption?: Adoption;
  /** The server waits for these: nothing that costs money starts before they are accepted. */
  readonly after: readonly pulumi.Resource[];
}

/** Away from 03:00 to 05:00 UTC: AWS Backup takes its daily backup then, and not within an hour before either window. */
const BACKUP_WINDOW = "00:00-01:00";
const RDS_MAX_RETENTION_DAYS = 35;
/** AWS Backup makes RDS's own backups its own to have continuous ones: from then on RDS refuses to change these. */
const TAKEN_OVER = ["backupRetentionPeriod", "backupWindow"];
/** RDS refuses another subnet group in the same VPC: a server that was made elsewhere stays in its own. */
const SETTLED = ["dbSubnetGroupName"];

/** One PostgreSQL server on RDS with everything that belongs to it alone. */
export class PostgresServer extends pulumi.ComponentResource {
  readonly host: pulumi.Output<string>;
  readonly port: pulumi.Output<number>;
  /** Password of the admin. */
  readonly password: pulumi.Output<string>;
  /** What other resources name in `deletedWith`. */
  readonly instance: aws.rds.Instance;
  /** Read-only copies, each with an endpoint of its own. */
  readonly replicas: readonly aws.rds.Instance[];

  constructor(name: string, args: PostgresServerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("tenantry:components:PostgresServer", name, {}, opts);

    this.password = this.createPassword(`${name}-password`);
    const securityGroup = this.createSecurityGroup(`${name}-access`, args);
    const parameters = this.createParameters(`${name}-parameters`, args);
    this.instance = new aws.rds.Instance(
      `${name}-server`,
      {
        identifier: args.identifier,
        engine: "postgres",
        engineVersion: String(args.postgres),
        allowMajorVersionUpgrade: args.allowMajorUpgrade,
        parameterGroupName: parameters.name,
        username: args.adminUsername,
        password: this.password,
        tags: tagsOf(args),
        instanceClass: args.size.instanceClass,
        multiAz: args.multiAz,
        kmsKeyId: args.keyArn,
        dbSubnetGroupName: args.region.subnetGroupName,
        vpcSecurityGroupIds: [securityGroup.id],
        ...diskOf(args.size),
        ...ACCESS,
        ...UPKEEP,
        ...backupOf(args, securityGroup),
        ...insightsOf({ keyArn: args.keyArn, monitoringRoleArn: args.region.monitoringRoleArn }),
      },
      {
        parent: this,
        protect: args.fences.protect,
        dependsOn: [...args.after],
        ...originOf(args),
      },
    );
    this.host = this.instance.address;
    this.port = this.instance.port;
    this.replicas = this.createReplicas(`${name}-replica`, args, parameters, securityGroup);
    this.registerOutputs();
  }

  private createPassword(name: string): pulumi.Output<string> {
    // RDS refuses / @ " and space in a master password.
    const policy = { length: 40, overrideSpecial: "-_.~!#%^*+=", minLower: 2, minUpper: 2, minNumeric: 2 };
    return new random.RandomPassword(name, policy, { parent: this }).result;
  }

  /** Rules stand in the group itself, so that a rule that somebody adds by hand is drift and goes at the next `up`. */
  private createSecurityGroup(name: string, { identifier, region, tags }: PostgresServerArgs): aws.ec2.SecurityGroup {
    const clients = [...region.clientSecurityGroupIds];
    const port = { protocol: "tcp", fromPort: POSTGRES_PORT, toPort: POSTGRES_PORT, description: "PostgreSQL clients" };
    const rules = {
      // Without it the name would begin with the cell's: AWS refuses those that begin with `sg-`, as a cell in Singapore may.
      namePrefix: `tenantry-${identifier}-`,
      description: `Clients of the PostgreSQL server of ${name}`,
      vpcId: region.vpcId,
      ingress: clients.length > 0 ? [{ ...port, securityGroups: clients }] : [],
      egress: [],
      revokeRulesOnDelete: true,
      tags,
    };
    return new aws.ec2.SecurityGroup(name, rules, { parent: this });
  }

  private createParameters(name: string, { postgres, size, tags }: PostgresServerArgs): aws.rds.ParameterGroup {
    const group = {
      family: `postgres${postgres}`,
      description: "Settings of a server that Tenantry manages",
      parameters: [...parametersOf(size)],
      tags,
    };
    return new aws.rds.ParameterGroup(name, group, { parent: this });
  }

  private createReplicas(
    name: string,
    { replicaIdentifiers, size, region, keyArn, fences, tags }: PostgresServerArgs,
    parameters: aws.rds.ParameterGroup,
    securityGroup: aws.ec2.SecurityGroup,
  ): readonly aws.rds.Instance[] {
    const { monitoringRoleArn } = region;
    const own = { size, keyArn, monitoringRoleArn, parameters, securityGroup, fences, tags };
    const shared = { source: this.instance, ...own };
    return replicaIdentifiers.map((identifier, index) =>
      createReadReplica(`${name}-${index + 1}`, { identifier, ...shared }, { parent: this }),
    );
  }
}

/** A backup plan looks for the tag: nothing but the server has it, neither its replicas nor what is beside it. */
const tagsOf = ({ tags, backup }: PostgresServerArgs): Tags => ({
  ...tags,
  ...(backup === undefined ? {} : { [BACKUP_TAG]: backup.name }),
});

/** The final snapshot is named after the security group, which is as unique in the account as the server itself. */
const backupOf = (args: PostgresServerArgs, { id }: aws.ec2.SecurityGroup) => ({
  backupWindow: BACKUP_WINDOW,
  backupRetentionPeriod: Math.min(args.retentionDays, RDS_MAX_RETENTION_DAYS),
  deleteAutomatedBackups: args.fences.forceDestroy,
  deletionProtection: args.fences.deletionProtection,
  skipFinalSnapshot: args.fences.skipFinalSnapshot,
  finalSnapshotIdentifier: pulumi.interpolate`${args.identifier}-final-${id}`,
});

/** What is AWS's to say, and where a server that the stack did not make is taken from. */
const originOf = ({ adoption, backup, identifier }: PostgresServerArgs): pulumi.CustomResourceOptions => ({
  ignoreChanges: [...(backup?.continuous ? TAKEN_OVER : []), ...(adoption === undefined ? [] : SETTLED)],
  ...(adoption?.import ? { import: identifier } : {}),
});
