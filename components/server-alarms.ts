import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { ServerSize } from "../registry/types";
import { REPLICA_ALARM, type ServerAlarm, serverAlarmsOf } from "./alarm-thresholds";
import type { Region } from "./region";
import type { Tags } from "./tags";

export interface WatchedServer {
  readonly cell: string;
  /** RDS identifier. */
  readonly identifier: string;
  /** RDS identifiers of its read replicas. */
  readonly replicaIdentifiers: readonly string[];
  readonly size: ServerSize;
  readonly tags: Tags;
}

export interface ServerAlarmsArgs {
  readonly region: Region;
  readonly servers: readonly WatchedServer[];
  /** Who is told when an alarm begins and when it ends: a topic of the same region. */
  readonly topicArn: pulumi.Input<string>;
}

/** Three periods in a row: fifteen minutes. */
const PERIOD_SECONDS = 300;
const PERIODS = 3;

/** The alarms of a region's servers. CloudWatch takes them before there is a server, and waits for its data. */
export class ServerAlarms extends pulumi.ComponentResource {
  constructor(
    name: string,
    private readonly args: ServerAlarmsArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("tenantry:components:ServerAlarms", name, {}, { ...opts, providers: [args.region.provider] });
    for (const server of args.servers) {
      const { cell, identifier, size, replicaIdentifiers } = server;
      const prefix = `${name}-${cell}`;
      for (const alarm of serverAlarmsOf(size)) this.createAlarm(`${prefix}-${alarm.name}`, identifier, alarm, server);
      replicaIdentifiers.forEach((replica, index) => {
        this.createAlarm(`${prefix}-${index + 1}-${REPLICA_ALARM.name}`, replica, REPLICA_ALARM, server);
      });
    }
    this.registerOutputs();
  }

  /** Identifiers have no slash, so that no two servers' alarms meet. */
  private createAlarm(name: string, identifier: string, alarm: ServerAlarm, { cell, tags }: WatchedServer): void {
    const { topicArn } = this.args;
    const args = {
      name: `${identifier}/${alarm.name}`,
      alarmDescription: `Cell ${cell}. ${alarm.meaning}`,
      namespace: "AWS/RDS",
      metricName: alarm.metric,
      dimensions: { DBInstanceIdentifier: identifier },
      statistic: alarm.statistic,
      comparisonOperator: COMPARISONS[alarm.alarmsWhen],
      threshold: alarm.threshold,
      period: PERIOD_SECONDS,
      evaluationPeriods: PERIODS,
      treatMissingData: alarm.silenceIsGood ? "notBreaching" : "missing",
      alarmActions: [topicArn],
      okActions: [topicArn],
      tags,
    };
    new aws.cloudwatch.MetricAlarm(name, args, { parent: this });
  }
}

const COMPARISONS: Readonly<Record<ServerAlarm["alarmsWhen"], string>> = {
  "at-least": "GreaterThanOrEqualToThreshold",
  "at-most": "LessThanOrEqualToThreshold",
};
