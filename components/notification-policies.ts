/** Who may publish to the topic of a region, and use its key to do so, as policy documents. Pure. */
import { keyPolicy } from "./key-policy";
import { type PolicyDocument, policyOf, type Statement } from "./policy-document";

export interface TopicSite {
  /** Twelve digits. */
  readonly accountId: string;
  readonly region: string;
}

const CLOUDWATCH = { Service: "cloudwatch.amazonaws.com" } as const;
const EVENTBRIDGE = { Service: "events.amazonaws.com" } as const;

/** Name of a topic to its ARN. */
export const topicArnOf = (name: string, { accountId, region }: TopicSite): string =>
  `arn:aws:sns:${region}:${accountId}:${name}`;

/**
 * Alarms of this account, and EventBridge. EventBridge sends nothing that a condition could ask for: a statement with one would
 * never hold, and its messages would be dropped without a word.
 */
export function topicPolicy(topicArn: string, { accountId, region }: TopicSite): PolicyDocument {
  const publish = { Effect: "Allow", Action: "sns:Publish", Resource: topicArn } as const;
  const ofAccount = {
    StringEquals: { "aws:SourceAccount": accountId },
    ArnLike: { "aws:SourceArn": `arn:aws:cloudwatch:${region}:${accountId}:alarm:*` },
  };
  return policyOf(
    { ...publish, Sid: "AlarmsPublish", Principal: CLOUDWATCH, Condition: ofAccount },
    { ...publish, Sid: "EventsPublish", Principal: EVENTBRIDGE },
    {
      ...publish,
      Sid: "RefusePlainText",
      Effect: "Deny",
      Principal: "*",
      Condition: { Bool: { "aws:SecureTransport": "false" } },
    },
  );
}

/** SNS's own key, `alias/aws/sns`, does not let these services in. */
export function topicKeyPolicy({ accountId, region }: TopicSite): PolicyDocument {
  const seal = { Effect: "Allow", Action: ["kms:Decrypt", "kms:GenerateDataKey*"], Resource: "*" } as const;
  const ofAccount = { StringEquals: { "aws:SourceAccount": accountId } };
  const publishers: readonly Statement[] = [
    { ...seal, Sid: "AlarmsUseKey", Principal: CLOUDWATCH, Condition: ofAccount },
    { ...seal, Sid: "EventsUseKey", Principal: EVENTBRIDGE },
  ];
  return policyOf(...keyPolicy({ accountId, region, services: ["sns"] }).Statement, ...publishers);
}
