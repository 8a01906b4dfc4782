import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { serverIdentifier, serverPrefix } from "../registry/names";
import { alarmEndpointOf } from "./alarm-endpoints";
import { failedBackups, serverEvents } from "./event-patterns";
import { topicArnOf, topicKeyPolicy, topicPolicy } from "./notification-policies";
import type { Region } from "./region";

export interface NotificationsArgs {
  readonly stack: string;
  readonly region: Region;
  /** The role that backups, copies and restore tests run as. */
  readonly backupRoleArn: pulumi.Output<string>;
  /** RDS identifiers of the region's servers and replicas. */
  readonly identifiers: readonly string[];
  /** E-mail addresses and https:// addresses that get every message. */
  readonly endpoints: readonly string[];
}

/** The longest that KMS waits. */
const KEY_DELETION_WINDOW_DAYS = 30;

/** Tells people what happens in a region: one topic for its alarms, its failed backups, and what befalls its servers. */
export class Notifications extends pulumi.ComponentResource {
  readonly topicArn: pulumi.Output<string>;

  constructor(name: string, args: NotificationsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("tenantry:components:Notifications", name, {}, { ...opts, providers: [args.region.provider] });

    const key = this.createKey(`${name}-key`, args);
    const topic = this.createTopic(`${name}-topic`, args, key);
    this.topicArn = topic.arn;
    for (const endpoint of args.endpoints) this.subscribe(name, endpoint, topic);
    const failures = args.backupRoleArn.apply((arn) => JSON.stringify(failedBackups(arn)));
    this.forward(`${name}-failed-backups`, "Backups that failed", failures, topic);
    const mishaps = JSON.stringify(serverEvents(serverPrefix(args.stack), args.identifiers));
    this.forward(`${name}-server-events`, "What befalls servers", mishaps, topic);
    this.registerOutputs();
  }

  private createKey(name: string, { region: { region, accountId } }: NotificationsArgs): aws.kms.Key {
    const policy = accountId.apply((account) => JSON.stringify(topicKeyPolicy({ accountId: account, region })));
    const args = {
      description: "Messages about the servers that Tenantry manages",
      policy,
      enableKeyRotation: true,
      deletionWindowInDays: KEY_DELETION_WINDOW_DAYS,
    };
    return new aws.kms.Key(name, args, { parent: this });
  }

  private createTopic(name: string, { stack, region }: NotificationsArgs, key: aws.kms.Key): aws.sns.Topic {
    const topicName = serverIdentifier(stack, "alarms");
    const policy = region.accountId.apply((accountId) => {
      const site = { accountId, region: region.region };
      return JSON.stringify(topicPolicy(topicArnOf(topicName, site), site));
    });
    return new aws.sns.Topic(name, { name: topicName, kmsMasterKeyId: key.arn, policy }, { parent: this });
  }

  /** Whoever reads mail has to confirm it once in each region; a service confirms by itself. */
  private subscribe(name: string, endpoint: string, topic: aws.sns.Topic): void {
    const { name: who, protocol, address } = alarmEndpointOf(endpoint);
    const args = {
      topic: topic.arn,
      protocol,
      endpoint: protocol === "https" ? pulumi.secret(address) : address,
      endpointAutoConfirms: protocol === "https",
    };
    new aws.sns.TopicSubscription(`${name}-to-${who}`, args, { parent: this });
  }

  private forward(name: string, description: string, eventPattern: pulumi.Input<string>, topic: aws.sns.Topic): void {
    const rule = new aws.cloudwatch.EventRule(name, { description, eventPattern }, { parent: this });
    const target = { rule: rule.name, arn: topic.arn, inputPath: "$.detail" };
    new aws.cloudwatch.EventTarget(`${name}-target`, target, { parent: this });
  }
}
