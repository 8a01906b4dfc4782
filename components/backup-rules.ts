/** When the backups of a class are taken and how long each is kept. Pure. */
import type { BackupClass } from "./backup-class";

export interface BackupRule {
  readonly name: "daily" | "continuous";
  /** AWS cron: minutes, hours, day of month, month, day of week, year; in UTC. */
  readonly schedule: string;
  readonly continuous: boolean;
  readonly deleteAfterDays: number;
  /** Whether copies for the second region are taken from it. */
  readonly copied: boolean;
}

/** AWS Backup, like RDS itself, keeps the log for so long. */
export const MAX_CONTINUOUS_DAYS = 35;

/** From the hour of the schedule on. A backup that has not started by then has failed. */
export const START_WITHIN_MINUTES = 60;
/** From the hour of the schedule on. */
export const FINISH_WITHIN_MINUTES = 360;

const AT_THREE = "cron(0 3 * * ? *)";
const AT_FOUR = "cron(0 4 * * ? *)";

/**
 * Daily at 03:00 UTC. A continuous backup that is to reach further back than it can has a daily one beside it, an hour later: of
 * two rules whose start windows overlap, AWS Backup runs the one with the longer retention alone.
 */
export function backupRulesOf({ continuous, retentionDays }: BackupClass): readonly BackupRule[] {
  const daily = { name: "daily", schedule: AT_THREE, continuous: false, deleteAfterDays: retentionDays } as const;
  if (!continuous) return [{ ...daily, copied: true }];
  const log = { ...daily, name: "continuous", continuous: true } as const;
  if (retentionDays <= MAX_CONTINUOUS_DAYS) return [{ ...log, copied: true }];
  return [
    { ...log, deleteAfterDays: MAX_CONTINUOUS_DAYS, copied: false },
    { ...daily, schedule: AT_FOUR, copied: true },
  ];
}
