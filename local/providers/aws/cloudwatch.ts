/** CloudWatch: alarms and dashboards. EventBridge, which has its name in the provider: rules and their targets. */
import type { provider } from "@pulumi/pulumi";
import type { Props } from "../../provider";
import { isRecord } from "../../wire";
import { rule, text } from "../stand-in";
import { jsonText, named, type Simulated } from "./simulate";
import { arn } from "./site";

const ALARM_NAME = /^.{1,255}$/;
const DASHBOARD_NAME = /^[a-zA-Z0-9_-]{1,255}$/;
const RULE_NAME = /^[.\-_A-Za-z0-9]{1,64}$/;
const COMPARISONS = [
  "GreaterThanOrEqualToThreshold",
  "GreaterThanThreshold",
  "LessThanThreshold",
  "LessThanOrEqualToThreshold",
  "LessThanLowerOrGreaterThanUpperThreshold",
  "LessThanLowerThreshold",
  "GreaterThanUpperThreshold",
];
const MISSING = ["breaching", "notBreaching", "ignore", "missing"];
const MOST_WIDGETS = 500;
const LONGEST_PATTERN = 2048;
const SECONDS_PER_DAY = 86_400;

const oneOf = (values: readonly string[]) => (value: unknown) => values.includes(String(value));
const isPeriod = (value: unknown) =>
  [10, 20, 30].includes(Number(value)) || (Number(value) > 0 && Number(value) % 60 === 0);

export const CLOUDWATCH: Readonly<Record<string, Simulated>> = {
  "aws:cloudwatch/metricAlarm:MetricAlarm": {
    required: ["comparisonOperator", "evaluationPeriods"],
    replaceOn: ["name"],
    named: "name",
    tagged: true,
    check: (inputs) => [
      ...named(inputs, "name", ALARM_NAME, "must have 1 to 255 characters"),
      ...rule(inputs, "comparisonOperator", oneOf(COMPARISONS), `must be one of ${COMPARISONS.join(", ")}`),
      ...rule(inputs, "period", isPeriod, "must be 10, 20, 30 or a multiple of 60 seconds"),
      ...rule(inputs, "evaluationPeriods", (value) => isWithinADay(value, inputs.period), "must span at most a day"),
      ...rule(inputs, "treatMissingData", oneOf(MISSING), `must be one of ${MISSING.join(", ")}`),
    ],
    outputs: (inputs, { region }) => {
      const name = text(inputs, "name");
      return { id: name, arn: arn("cloudwatch", region, `alarm:${name}`) };
    },
  },
  "aws:cloudwatch/dashboard:Dashboard": {
    required: ["dashboardBody", "dashboardName"],
    replaceOn: ["dashboardName"],
    check: (inputs) => [
      ...named(inputs, "dashboardName", DASHBOARD_NAME, "must be at most 255 letters, digits, _ and -"),
      ...rule(inputs, "dashboardBody", hasWidgets, `must be a JSON document with at most ${MOST_WIDGETS} widgets`),
    ],
    outputs: (inputs) => {
      const name = text(inputs, "dashboardName");
      return { id: name, dashboardArn: arn("cloudwatch", "", `dashboard/${name}`) };
    },
  },
  "aws:cloudwatch/eventRule:EventRule": {
    required: [],
    replaceOn: ["eventBusName", "name", "namePrefix"],
    named: "name",
    tagged: true,
    check: (inputs) => [
      ...named(inputs, "name", RULE_NAME, "must be at most 64 letters, digits, . _ and -"),
      ...neverMatching(inputs),
      ...jsonText(inputs, "eventPattern"),
      ...rule(inputs, "eventPattern", isShort, `must be at most ${LONGEST_PATTERN} characters`),
    ],
    outputs: (inputs, { region }) => {
      const name = text(inputs, "name");
      return { id: name, arn: arn("events", region, `rule/${name}`) };
    },
  },
  "aws:cloudwatch/eventTarget:EventTarget": {
    required: ["arn", "rule"],
    replaceOn: ["eventBusName", "rule", "targetId"],
    outputs: (inputs, _site, seed) => ({
      id: `${text(inputs, "rule")}-${seed.slice(0, 12)}`,
      targetId: seed.slice(0, 12),
    }),
  },
};

const isShort = (pattern: unknown) => String(pattern).length <= LONGEST_PATTERN;

const isWithinADay = (periods: unknown, period: unknown) =>
  Number(periods) >= 1 && Number(periods) * Number(period ?? 0) <= SECONDS_PER_DAY;

const neverMatching = ({ eventPattern, scheduleExpression }: Props): provider.CheckFailure[] =>
  eventPattern === undefined && scheduleExpression === undefined
    ? [{ property: "eventPattern", reason: "is required unless there is a scheduleExpression" }]
    : [];

function hasWidgets(body: unknown): boolean {
  try {
    const parsed: unknown = JSON.parse(String(body));
    return isRecord(parsed) && Array.isArray(parsed.widgets) && parsed.widgets.length <= MOST_WIDGETS;
  } catch {
    return false;
  }
}
