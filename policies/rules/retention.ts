/** Backups are kept at least as long as the stack promises. */
import { minimumDays } from "../config";
import { listOf, type Values, valuesOf } from "../plain";
import { resourceRule } from "../rule";

/** RDS and Aurora keep their own backups this long at most. */
const RDS_MAXIMUM_DAYS = 35;
const SERVERS: readonly string[] = [
  "aws:rds/instance:Instance",
  "aws:rds/cluster:Cluster",
  "aws:docdb/cluster:Cluster",
  "aws:neptune/cluster:Cluster",
];
const PLAN = "aws:backup/plan:Plan";

export const backupRetention = resourceRule({
  name: "backup-retention",
  description:
    "Databases keep their daily backups, and backup plans their recovery points and copies, at least as long as the stack promises: 35 days in production, 14 in staging, or tenantry:backupRetentionDays.",
  severity: "high",
  remediation: "Keep them longer (`backup: { retentionDays }` in the registry), or promise less for the whole stack",
  config: {
    properties: {
      minimumDays: { type: "integer", minimum: 1, description: "The least that a backup may be kept", default: 35 },
    },
  },
  concerns: ({ type, props }) => type === PLAN || (SERVERS.includes(type) && !isCopy(props)),
  check: ({ type, props }, config) => (type === PLAN ? planFindings(props, config) : serverFindings(props, config)),
});

/** Backups of a read replica, or of a secondary cluster, are those of its source. */
const isCopy = ({ replicateSourceDb, replicationSourceIdentifier }: Values) =>
  replicateSourceDb !== undefined || replicationSourceIdentifier !== undefined;

function serverFindings({ backupRetentionPeriod = 0 }: Values, config: Values): readonly string[] {
  const least = Math.min(minimumDays(config), RDS_MAXIMUM_DAYS);
  const isShort = typeof backupRetentionPeriod === "number" && backupRetentionPeriod < least;
  return isShort ? [`It keeps backups for ${backupRetentionPeriod} days; the stack promises ${least}`] : [];
}

/** Without `deleteAfter` a recovery point is kept for ever. Point-in-time backups are kept for 35 days at most. */
function planFindings({ rules }: Values, config: Values): readonly string[] {
  return listOf(rules)
    .map(valuesOf)
    .flatMap(({ ruleName, lifecycle, copyActions, enableContinuousBackup }) => {
      const promised = minimumDays(config);
      const least = enableContinuousBackup === true ? Math.min(promised, RDS_MAXIMUM_DAYS) : promised;
      const copies = listOf(copyActions).map((copy) => shortfall(valuesOf(valuesOf(copy).lifecycle), promised));
      const found = [shortfall(valuesOf(lifecycle), least), ...copies].filter((days) => days !== undefined);
      return found.map(
        (days) => `The rule ${String(ruleName)} keeps backups for ${days} days; the stack promises ${promised}`,
      );
    });
}

const shortfall = ({ deleteAfter }: Values, least: number): number | undefined =>
  typeof deleteAfter === "number" && deleteAfter < least ? deleteAfter : undefined;
