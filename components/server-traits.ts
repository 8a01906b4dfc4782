/** What a server and its read replicas have in common. Pure. */

import type * as pulumi from "@pulumi/pulumi";
import type { ServerSize } from "../registry/types";
import { RDS_AUTHORITY } from "./certificate-bundle";

export const POSTGRES_PORT = 5432;
const RDS_MAX_DISK_GB = 65_536;

/**
 * From 400 GB on, RDS spreads a gp3 disk over four volumes, at no cost; below it takes neither number. They are written down, since
 * the provider would send those of the smaller disk along when one grows past 400 GB, and RDS refuses them there.
 * Sources: "gp3 storage", Amazon RDS User Guide; https://github.com/hashicorp/terraform-provider-aws/pull/47411
 */
const SPREAD_FROM_GB = 400;
const SPREAD = { iops: 12_000, storageThroughput: 500 } as const;

/** Sunday after the daily backups: RDS's own from 00:00, AWS Backup's from 03:00 to 05:00 UTC. */
const MAINTENANCE_WINDOW = "sun:06:00-sun:07:00";

/**
 * Nothing waits for a maintenance window: what the state says is what runs. What would restart a server is refused at preview
 * by the roster, unless the registry allows it.
 */
export const UPKEEP = {
  applyImmediately: true,
  autoMinorVersionUpgrade: true,
  caCertIdentifier: RDS_AUTHORITY.identifier,
  copyTagsToSnapshot: true,
  maintenanceWindow: MAINTENANCE_WINDOW,
} as const;

/** The disk grows by itself, to twice its size at most. */
export const diskOf = ({ diskGb }: ServerSize) => ({
  allocatedStorage: diskGb,
  maxAllocatedStorage: Math.min(diskGb * 2, RDS_MAX_DISK_GB),
  storageType: "gp3",
  storageEncrypted: true,
  ...(diskGb >= SPREAD_FROM_GB ? SPREAD : {}),
});

/** People log in with IAM credentials instead of passwords: docs/servers.md. */
export const ACCESS = {
  port: POSTGRES_PORT,
  publiclyAccessible: false,
  iamDatabaseAuthenticationEnabled: true,
} as const;

export interface Insights {
  /** ARN of the key that encrypts performance data. RDS never changes it. */
  readonly keyArn: pulumi.Input<string>;
  /** ARN of the role of enhanced monitoring. */
  readonly monitoringRoleArn: pulumi.Input<string>;
}

/**
 * Database Insights in its standard mode keeps 7 days; the API asks for the names of its forerunner beside it. The operating system
 * is measured once a minute, the longest interval that RDS has: the shorter, the more log lines are paid for.
 */
export const insightsOf = ({ keyArn, monitoringRoleArn }: Insights) => ({
  monitoringInterval: 60,
  monitoringRoleArn,
  databaseInsightsMode: "standard",
  performanceInsightsEnabled: true,
  performanceInsightsKmsKeyId: keyArn,
  performanceInsightsRetentionPeriod: 7,
  enabledCloudwatchLogsExports: ["postgresql", "upgrade"],
});
