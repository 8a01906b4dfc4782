/** SNS: topics, and who is told. */
import { matches, rule, text } from "../stand-in";
import { jsonText, named, type Simulated } from "./simulate";
import { ACCOUNT, arn, uuid } from "./site";

const TOPIC_NAME = /^[a-zA-Z0-9_-]{1,256}$/;
const PROTOCOLS = ["application", "email", "email-json", "firehose", "http", "https", "lambda", "sms", "sqs"];
/** Where a protocol asks for more than some text. */
const ADDRESSES: Readonly<Record<string, RegExp>> = {
  email: /^[^\s@]+@[^\s@]+$/,
  "email-json": /^[^\s@]+@[^\s@]+$/,
  http: /^http:\/\//,
  https: /^https:\/\//,
};

export const SNS: Readonly<Record<string, Simulated>> = {
  "aws:sns/topic:Topic": {
    required: [],
    replaceOn: ["fifoTopic", "name", "namePrefix"],
    named: "name",
    tagged: true,
    check: (inputs) => [
      ...named(inputs, "name", TOPIC_NAME, "must be at most 256 letters, digits, _ and -"),
      ...jsonText(inputs, "policy"),
    ],
    outputs: (inputs, { region }) => {
      const topicArn = arn("sns", region, text(inputs, "name"));
      return { id: topicArn, arn: topicArn, owner: ACCOUNT };
    },
  },
  "aws:sns/topicSubscription:TopicSubscription": {
    required: ["endpoint", "protocol", "topic"],
    replaceOn: ["endpoint", "protocol", "topic"],
    check: (inputs) => [
      ...rule(
        inputs,
        "protocol",
        (value) => PROTOCOLS.includes(String(value)),
        `must be one of ${PROTOCOLS.join(", ")}`,
      ),
      ...rule(
        inputs,
        "endpoint",
        matches(ADDRESSES[String(inputs.protocol)] ?? /./),
        "must be an address of its protocol",
      ),
    ],
    outputs: (inputs, _site, seed) => {
      const subscriptionArn = `${text(inputs, "topic")}:${uuid(seed)}`;
      // Mail is confirmed by whoever reads it.
      const pendingConfirmation = inputs.endpointAutoConfirms !== true;
      return { id: subscriptionArn, arn: subscriptionArn, ownerId: ACCOUNT, pendingConfirmation };
    },
  },
};
