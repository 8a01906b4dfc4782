/** When a server needs a person, from its class and its disk. Pure. */
import { maxConnections } from "../registry/instance-class";
import type { ServerSize } from "../registry/types";

/** What is watched on a server, by the last word of its alarm's name. */
export interface ServerAlarm {
  readonly name: string;
  /** Metric of the namespace AWS/RDS. */
  readonly metric: string;
  readonly statistic: "Average" | "Maximum" | "Minimum";
  readonly alarmsWhen: "at-least" | "at-most";
  /** In the unit of the metric: percent, bytes, seconds or a count. */
  readonly threshold: number;
  /** Whether no data is good news: some metrics are there only while there is something to tell. */
  readonly silenceIsGood: boolean;
  /** What it means and what to do, for the e-mail. */
  readonly meaning: string;
}

const BYTES_PER_GB = 1024 ** 3;

export const CPU_PERCENT = 90;
/** Of the disk as the registry has it. RDS makes a disk larger at 10 %, up to twice its size: a person hears of it before. */
const FREE_DISK_SHARE = 0.15;
/** Of what the class accepts. */
const CONNECTIONS_SHARE = 0.8;
/** PostgreSQL stops accepting writes some 2.1 billion transactions after the oldest one that is not frozen. */
export const TRANSACTION_IDS = 1_000_000_000;
/** Of the disk: what a slot holds back is never removed while its reader stays away. */
const SLOT_DISK_SHARE = 0.1;
/** A replica of an idle server reports up to five minutes. */
export const REPLICA_LAG_SECONDS = 600;

/** The alarms of one server. */
export function serverAlarmsOf({ instanceClass, diskGb }: ServerSize): readonly ServerAlarm[] {
  const accepted = maxConnections(instanceClass);
  return [
    {
      name: "cpu",
      metric: "CPUUtilization",
      statistic: "Average",
      alarmsWhen: "at-least",
      threshold: CPU_PERCENT,
      silenceIsGood: false,
      meaning: `The processors are ${CPU_PERCENT} % busy. Look for the query in Database Insights, or take a larger class.`,
    },
    {
      name: "free-storage",
      metric: "FreeStorageSpace",
      statistic: "Minimum",
      alarmsWhen: "at-most",
      threshold: Math.floor(diskGb * BYTES_PER_GB * FREE_DISK_SHARE),
      silenceIsGood: false,
      meaning: `Less than ${percent(FREE_DISK_SHARE)} of the ${diskGb} GB are free. Raise diskGb in the registry.`,
    },
    {
      name: "connections",
      metric: "DatabaseConnections",
      statistic: "Maximum",
      alarmsWhen: "at-least",
      threshold: Math.floor(accepted * CONNECTIONS_SHARE),
      silenceIsGood: false,
      meaning: `More than ${percent(CONNECTIONS_SHARE)} of ${accepted} connections are in use. Lower the tenants' connections, or take a larger class.`,
    },
    {
      name: "transaction-ids",
      metric: "MaximumUsedTransactionIDs",
      statistic: "Maximum",
      alarmsWhen: "at-least",
      threshold: TRANSACTION_IDS,
      silenceIsGood: false,
      meaning:
        "Vacuum falls behind: half of the transaction ids are used. End old transactions, drop slots that nobody reads, then vacuum.",
    },
    {
      name: "replication-slot",
      metric: "OldestReplicationSlotLag",
      statistic: "Maximum",
      alarmsWhen: "at-least",
      threshold: Math.floor(diskGb * BYTES_PER_GB * SLOT_DISK_SHARE),
      silenceIsGood: true,
      meaning: `A replication slot holds back ${percent(SLOT_DISK_SHARE)} of the disk. Bring its reader back, or drop the slot.`,
    },
  ];
}

/** The alarm of one read replica. */
export const REPLICA_ALARM: ServerAlarm = {
  name: "replica-lag",
  metric: "ReplicaLag",
  statistic: "Average",
  alarmsWhen: "at-least",
  threshold: REPLICA_LAG_SECONDS,
  silenceIsGood: false,
  meaning: `The replica is ${REPLICA_LAG_SECONDS / 60} minutes behind. Look for long queries on it, and for its size beside its source's.`,
};

const percent = (share: number): string => `${Math.round(share * 100)} %`;
