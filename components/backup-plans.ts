import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { type BackupClass, copyVaultName, planName, restoreTestName } from "./backup-class";
import { type BackupRule, backupRulesOf, FINISH_WITHIN_MINUTES, START_WITHIN_MINUTES } from "./backup-rules";
import { createEncryptionKey } from "./encryption-key";
import type { Fences } from "./fences";
import type { Region } from "./region";
import { BACKUP_TAG, STACK_TAG } from "./tags";

export interface BackupPlansArgs {
  readonly stack: string;
  readonly region: Region;
  /** The classes of the region's servers, each once. */
  readonly classes: readonly BackupClass[];
  readonly fences: Fences;
  /** Provider of a region that receives copies. */
  readonly providerFor: (region: string) => aws.Provider;
  /** The least days of a backup in a locked vault, where only who may take the lock itself away can delete one. @default no lock */
  readonly lockDays?: number;
}

/** The first day of each quarter, after the daily backups. */
const QUARTERLY = "cron(0 9 1 1/3 ? *)";
const RESTORE_TEST_STARTS_WITHIN_HOURS = 4;
/** How long a restored server stays for people to look at. */
const RESTORE_TEST_WINDOW_HOURS = 24;
const RESTORE_TEST_LOOKS_BACK_DAYS = 7;

const ASSUMED_BY_BACKUP = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "backup.amazonaws.com" }, Action: "sts:AssumeRole" }],
});
const SERVICE_POLICIES = {
  backup: "arn:aws:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup",
  restore: "arn:aws:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForRestores",
} as const;

/** Backups of one region's servers: one plan per class, which finds its servers by their tags. */
export class BackupPlans extends pulumi.ComponentResource {
  /** The role that every backup, copy and restore test of the region runs as. */
  readonly roleArn: pulumi.Output<string>;
  private readonly copyVaults = new Map<string, aws.backup.Vault>();

  constructor(
    private readonly name: string,
    private readonly args: BackupPlansArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("tenantry:components:BackupPlans", name, {}, { ...opts, providers: [args.region.provider] });

    const vault = this.createVault(`${name}-vault`, {}, { protect: args.fences.protect });
    const role = this.createRole(`${name}-role`);
    this.roleArn = role.arn;
    for (const one of args.classes) {
      const plan = this.createPlan(`${name}-${one.name}`, one, vault);
      this.selectServers(`${name}-${one.name}-servers`, one, plan, role);
    }
    if (args.classes.length > 0) this.testRestores(`${name}-restore-test`, vault, role);
    this.registerOutputs();
  }

  /**
   * A vault with backups in it cannot be deleted: unless this is a rehearsal, it stays behind. Its lock governs: without
   * `changeableForDays` it never becomes one that nobody, AWS included, can take away.
   */
  private createVault(
    name: string,
    args: aws.backup.VaultArgs,
    opts: pulumi.CustomResourceOptions = {},
  ): aws.backup.Vault {
    const { lockDays, fences } = this.args;
    const { forceDestroy, retainOnDelete } = fences;
    const options = pulumi.mergeOptions({ parent: this, retainOnDelete }, opts);
    const vault = new aws.backup.Vault(name, { ...args, forceDestroy }, options);
    if (lockDays !== undefined) {
      const lock = { backupVaultName: vault.name, minRetentionDays: lockDays };
      const { provider } = opts;
      // A vault has one lock: made anew before the old one goes, it would go with it. It goes before its vault, which could not
      // be emptied under it.
      const ofVault = { parent: this, retainOnDelete, deleteBeforeReplace: true };
      new aws.backup.VaultLockConfiguration(`${name}-lock`, lock, { ...ofVault, ...(provider && { provider }) });
    }
    return vault;
  }

  /** AWS Backup deletes a backup that is over as the role that took it: it stays for as long as the vault does. */
  private createRole(name: string): aws.iam.Role {
    const description = "AWS Backup, on the servers that Tenantry manages";
    const options = { parent: this, retainOnDelete: this.args.fences.retainOnDelete };
    const role = new aws.iam.Role(name, { description, assumeRolePolicy: ASSUMED_BY_BACKUP }, options);
    for (const [purpose, policyArn] of Object.entries(SERVICE_POLICIES)) {
      new aws.iam.RolePolicyAttachment(`${name}-${purpose}`, { role: role.name, policyArn }, options);
    }
    return role;
  }

  private createPlan(name: string, one: BackupClass, vault: aws.backup.Vault): aws.backup.Plan {
    const { stack, region } = this.args;
    const copyVault = this.copyVaultFor(one);
    const rules = backupRulesOf(one).map((rule) => this.planRule(rule, one, vault, copyVault));
    const tags = { [BACKUP_TAG]: one.name };
    return new aws.backup.Plan(name, { name: planName(stack, region.region, one), rules, tags }, { parent: this });
  }

  /** A copy is a daily one, also of a continuous backup, and is kept for as long as the class says. */
  private planRule(
    { name, schedule, continuous, deleteAfterDays, copied }: BackupRule,
    { retentionDays }: BackupClass,
    vault: aws.backup.Vault,
    copyVault: aws.backup.Vault | undefined,
  ): aws.types.input.backup.PlanRule {
    const copy = copyVault && { destinationVaultArn: copyVault.arn, lifecycle: { deleteAfter: retentionDays } };
    return {
      ruleName: name,
      targetVaultName: vault.name,
      schedule,
      startWindow: START_WITHIN_MINUTES,
      completionWindow: FINISH_WITHIN_MINUTES,
      enableContinuousBackup: continuous,
      lifecycle: { deleteAfter: deleteAfterDays },
      // Restore tests look for the tags of a server's latest backup, not for its own.
      recoveryPointTags: { [STACK_TAG]: this.args.stack },
      ...(copied && copy ? { copyActions: [copy] } : {}),
    };
  }

  /** One vault per region that receives copies, and one per customer's key. They go with the last tenant that asks for them. */
  private copyVaultFor({ copyTo, ownCopies }: BackupClass): aws.backup.Vault | undefined {
    if (copyTo === undefined) return undefined;
    const name = `${this.name}-to-${ownCopies === undefined ? copyTo : `${copyTo}-for-${ownCopies.cell}`}`;
    const known = this.copyVaults.get(name);
    if (known !== undefined) return known;
    const opts = { provider: this.args.providerFor(copyTo) };
    const args =
      ownCopies === undefined
        ? { kmsKeyArn: this.createCopyKey(`${name}-key`, copyTo, opts) }
        : { name: copyVaultName(this.args.stack, ownCopies), kmsKeyArn: ownCopies.keyArn };
    const vault = this.createVault(name, args, opts);
    this.copyVaults.set(name, vault);
    return vault;
  }

  /** A copy of an RDS backup fails in a vault with AWS Backup's own key. Like the copies, the key hinders nobody from leaving. */
  private createCopyKey(name: string, copyTo: string, opts: pulumi.CustomResourceOptions): pulumi.Output<string> {
    const { region, fences } = this.args;
    const args = {
      description: "Copies of backups that Tenantry makes",
      region: { region: copyTo, accountId: region.accountId },
      services: ["rds", "backup"] as const,
      fences: { ...fences, protect: false },
      tags: {},
    };
    return createEncryptionKey(name, args, { parent: this, ...opts }).arn;
  }

  /** Conditions must all hold; `selectionTags` would take a server that has any one of the tags. */
  private selectServers(name: string, one: BackupClass, plan: aws.backup.Plan, role: aws.iam.Role): void {
    const stringEquals = [...this.ofThisStack(), { key: `aws:ResourceTag/${BACKUP_TAG}`, value: one.name }];
    const args = {
      name: "servers",
      planId: plan.id,
      iamRoleArn: role.arn,
      resources: ["arn:aws:rds:*:*:db:*"],
      conditions: [{ stringEquals }],
    };
    new aws.backup.Selection(name, args, { parent: this });
  }

  /** Restores a recent backup of every server into a closed network, and deletes what it restored. */
  private testRestores(name: string, vault: aws.backup.Vault, role: aws.iam.Role): void {
    const { region, stack } = this.args;
    const quarantine = new aws.ec2.SecurityGroup(
      `${name}-quarantine`,
      { description: "Restored servers: nobody in, nothing out", vpcId: region.vpcId, ingress: [], egress: [] },
      { parent: this },
    );
    const plan = new aws.backup.RestoreTestingPlan(
      name,
      {
        name: restoreTestName(stack, region.region),
        scheduleExpression: QUARTERLY,
        startWindowHours: RESTORE_TEST_STARTS_WITHIN_HOURS,
        recoveryPointSelection: {
          algorithm: "LATEST_WITHIN_WINDOW",
          includeVaults: [vault.arn],
          recoveryPointTypes: ["SNAPSHOT", "CONTINUOUS"],
          selectionWindowDays: RESTORE_TEST_LOOKS_BACK_DAYS,
        },
      },
      { parent: this },
    );
    const args = {
      name: "servers",
      restoreTestingPlanName: plan.name,
      iamRoleArn: role.arn,
      protectedResourceType: "RDS",
      protectedResourceArns: ["*"],
      protectedResourceConditions: { stringEquals: this.ofThisStack() },
      restoreMetadataOverrides: {
        dbSubnetGroupName: region.subnetGroupName,
        vpcSecurityGroupIds: quarantine.id.apply((id) => JSON.stringify([id])),
      },
      validationWindowHours: RESTORE_TEST_WINDOW_HOURS,
    };
    new aws.backup.RestoreTestingSelection(`${name}-servers`, args, { parent: this });
  }

  private ofThisStack(): { readonly key: string; readonly value: string }[] {
    return [{ key: `aws:ResourceTag/${STACK_TAG}`, value: this.args.stack }];
  }
}
