/** AWS Backup: vaults, plans, what they select, and restore tests. */
import { isRecord } from "../../wire";
import { rule, text } from "../stand-in";
import { named, type Simulated } from "./simulate";
import { arn, uuid } from "./site";

const VAULT_NAME = /^[a-zA-Z0-9_-]{2,50}$/;
const PLAN_NAME = /^[a-zA-Z0-9_.-]{1,50}$/;
const MAX_CONTINUOUS_DAYS = 35;
const TEST_NAME = /^[a-zA-Z0-9_]{1,50}$/;

export const BACKUP: Readonly<Record<string, Simulated>> = {
  "aws:backup/vault:Vault": {
    required: [],
    replaceOn: ["name", "kmsKeyArn"],
    named: "name",
    tagged: true,
    check: (inputs) => named(inputs, "name", VAULT_NAME, "must be 2 to 50 letters, digits, _ and -"),
    outputs: (inputs, { region }) => {
      const name = text(inputs, "name");
      return { id: name, arn: arn("backup", region, `backup-vault:${name}`), recoveryPoints: 0 };
    },
  },
  "aws:backup/vaultLockConfiguration:VaultLockConfiguration": {
    required: ["backupVaultName"],
    replaceOn: ["backupVaultName", "changeableForDays", "maxRetentionDays", "minRetentionDays"],
    outputs: (inputs, { region }) => {
      const name = text(inputs, "backupVaultName");
      return { id: name, backupVaultArn: arn("backup", region, `backup-vault:${name}`) };
    },
  },
  "aws:backup/plan:Plan": {
    required: ["rules"],
    replaceOn: ["name"],
    named: "name",
    tagged: true,
    check: (inputs) => [
      ...named(inputs, "name", PLAN_NAME, "must be 1 to 50 letters, digits, _ . and -"),
      ...rule(
        inputs,
        "rules",
        areKeptAsAllowed,
        `must keep continuous backups for 1 to ${MAX_CONTINUOUS_DAYS} days, in warm storage`,
      ),
    ],
    outputs: (_inputs, { region }, seed) => {
      const id = uuid(seed);
      return { id, arn: arn("backup", region, `backup-plan:${id}`), version: uuid(seed, "version") };
    },
  },
  "aws:backup/selection:Selection": {
    required: ["iamRoleArn", "planId"],
    replaceOn: ["conditions", "iamRoleArn", "name", "notResources", "planId", "resources", "selectionTags"],
    named: "name",
    check: (inputs) => named(inputs, "name", PLAN_NAME, "must be 1 to 50 letters, digits, _ . and -"),
    outputs: (_inputs, _site, seed) => ({ id: uuid(seed) }),
  },
  "aws:backup/restoreTestingPlan:RestoreTestingPlan": {
    required: ["scheduleExpression"],
    replaceOn: ["name"],
    named: "name",
    tagged: true,
    check: (inputs) => named(inputs, "name", TEST_NAME, "must be 1 to 50 letters, digits and _"),
    outputs: (inputs, { region }) => {
      const name = text(inputs, "name");
      return { id: name, arn: arn("backup", region, `restore-testing-plan:${name}`) };
    },
  },
  "aws:backup/restoreTestingSelection:RestoreTestingSelection": {
    required: ["iamRoleArn", "protectedResourceType", "restoreTestingPlanName"],
    replaceOn: ["name", "protectedResourceType", "restoreTestingPlanName"],
    named: "name",
    check: (inputs) => named(inputs, "name", TEST_NAME, "must be 1 to 50 letters, digits and _"),
    outputs: (inputs) => ({ id: text(inputs, "name") }),
  },
};

const rulesIn = (rules: unknown) => (Array.isArray(rules) ? rules.filter(isRecord) : []);

function areKeptAsAllowed(rules: unknown): boolean {
  return rulesIn(rules)
    .filter(({ enableContinuousBackup }) => enableContinuousBackup === true)
    .map(({ lifecycle }) => (isRecord(lifecycle) ? lifecycle : {}))
    .every(({ deleteAfter, coldStorageAfter }) => isContinuousRetention(deleteAfter) && coldStorageAfter === undefined);
}

const isContinuousRetention = (days: unknown) => typeof days === "number" && days >= 1 && days <= MAX_CONTINUOUS_DAYS;
