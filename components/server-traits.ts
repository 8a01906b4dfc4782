/** What a server and its read replicas have in common. Pure. */
import type * as pulumi from "@pulumi/pulumi";
import type { ServerSize } from "../registry/types";

export const POSTGRES_PORT = 5432;
const RDS_MAX_DISK_GB = 65_536;

/** Sunday after the daily backups: RDS's own from 00:00, AWS Backup's from 03:00 to 05:00 UTC. */
const MAINTENANCE_WINDOW = "sun:06:00-sun:07:00";

/**
 * Nothing waits for a maintenance window: what the state says is what runs. What would restart a server is refused at preview
 * by the roster, unless the registry allows it.
 */
export const UPKEEP = {
  applyImmediately: true,
  autoMinorVersionUpgrade: true,
  caCertIdentifier: "rds-ca-rsa2048-g1",
  copyTagsToSnapshot: true,
  maintenanceWindow: MAINTENANCE_WINDOW,
} as const;

/** The disk grows by itself, to twice its size at most. */
export const diskOf = ({ diskGb }: ServerSize) => ({
  allocatedStorage: diskGb,
  maxAllocatedStorage: Math.min(diskGb * 2, RDS_MAX_DISK_GB),
  storageType: "gp3",
  storageEncrypted: true,
});

/** People log in with IAM credentials instead of passwords: docs/servers.md. */
export const ACCESS = {
  port: POSTGRES_PORT,
  publiclyAccessible: false,
  iamDatabaseAuthenticationEnabled: true,
} as const;

/** Database Insights in its standard mode keeps 7 days; RDS asks for the names of its forerunner beside it. */
export const insightsOf = (keyArn: pulumi.Input<string>) => ({
  databaseInsightsMode: "standard",
  performanceInsightsEnabled: true,
  performanceInsightsKmsKeyId: keyArn,
  performanceInsightsRetentionPeriod: 7,
  enabledCloudwatchLogsExports: ["postgresql", "upgrade"],
});
