import type { LocalProvider } from "../../local/provider";
import { UNKNOWN } from "../../local/provider";
import { FACTORIES, isSimulated } from "../../local/providers";
import { isSecret } from "../../local/wire";
import { makeTestHome, TestResource, urnOf } from "./stand";

const home = makeTestHome();
const config = { region: "eu-west-1", defaultTags: '{"tags":{"stack":"test"}}' };
const aws = provider("aws", config);
const random = provider("random", {});

afterAll(() => home.remove());

function provider(name: string, inputs: Record<string, unknown>): LocalProvider {
  const factory = FACTORIES[name];
  if (!factory) throw new Error(`no factory ${name}`);
  return factory(home, inputs);
}

describe("what is simulated", () => {
  test("is said: all but servers and their settings", () => {
    expect(isSimulated("aws:s3/bucket:Bucket")).toBe(true);
    expect(isSimulated("aws:rds/instance:Instance")).toBe(false);
    expect(isSimulated("aws:rds/parameterGroup:ParameterGroup")).toBe(false);
    expect(isSimulated("toString")).toBe(false);
  });

  test("a type or function without a stand-in names the place to add it", async () => {
    const type = aws.check(urnOf("aws:sqs/queue:Queue", "q"), {}, {});
    await expect(type).rejects.toThrow(/aws:sqs\/queue:Queue has no stand-in.*local\/providers\/aws\/.*TN-506/);
    await expect(aws.invoke("aws:ec2/getVpc:getVpc", {})).rejects.toThrow(/getVpc has no stand-in/);
  });

  test("a region is needed", () => {
    expect(() => provider("aws", {})).toThrow(/region.*TN-527/);
  });
});

describe("inputs and outputs", () => {
  test("a bucket: named as AWS allows, tagged, answered as AWS does", async () => {
    const bucket = new TestResource(aws, "aws:s3/bucket:Bucket", "files");
    expect(await bucket.failures({ bucket: "Files" })).toEqual({ bucket: expect.stringMatching(/lower-case/) });
    expect(await bucket.failures({ bucket: UNKNOWN })).toEqual({});
    const outs = await bucket.create({ bucket: "files-1", tags: { owner: "me" } });
    expect(outs).toMatchObject({
      id: "files-1",
      arn: "arn:aws:s3:::files-1",
      bucketRegionalDomainName: "files-1.s3.eu-west-1.amazonaws.com",
      tagsAll: { stack: "test", owner: "me" },
    });
    expect(await bucket.diff()).toMatchObject({ changes: false });
    expect(await bucket.diff({ ...bucket.inputs, bucket: "files-2" })).toMatchObject({
      changes: true,
      replaces: ["bucket"],
    });
    expect(await bucket.diff({ ...bucket.inputs, forceDestroy: true })).toMatchObject({ changes: true, replaces: [] });
    expect(await bucket.update({ ...bucket.inputs, tags: {} })).toMatchObject({
      id: "files-1",
      tagsAll: { stack: "test" },
    });
  });

  test("an alarm, a rule, a dashboard: what CloudWatch and EventBridge would refuse is refused", async () => {
    const alarm = new TestResource(aws, "aws:cloudwatch/metricAlarm:MetricAlarm", "cpu");
    const sound = { comparisonOperator: "GreaterThanThreshold", evaluationPeriods: 3, period: 300 };
    expect(await alarm.failures(sound)).toEqual({});
    const broken = { comparisonOperator: "above", evaluationPeriods: 1000, period: 90, treatMissingData: "panic" };
    expect(Object.keys(await alarm.failures(broken)).sort()).toEqual(Object.keys(broken).sort());
    const event = new TestResource(aws, "aws:cloudwatch/eventRule:EventRule", "rule");
    expect(await event.failures({})).toEqual({ eventPattern: expect.stringContaining("scheduleExpression") });
    expect(await event.failures({ eventPattern: "failed" })).toEqual({ eventPattern: expect.stringContaining("JSON") });
    const dashboard = new TestResource(aws, "aws:cloudwatch/dashboard:Dashboard", "servers");
    expect(await dashboard.failures({ dashboardName: "a b", dashboardBody: "{}" })).toEqual({
      dashboardName: expect.any(String),
      dashboardBody: expect.stringContaining("widgets"),
    });
  });

  test("a topic, and an endpoint that its protocol reaches", async () => {
    const topic = new TestResource(aws, "aws:sns/topic:Topic", "alarms");
    expect(await topic.failures({ name: "an alarm" })).toEqual({ name: expect.any(String) });
    expect(await topic.create({ name: "alarms" })).toMatchObject({ id: "arn:aws:sns:eu-west-1:000000000000:alarms" });
    const mail = new TestResource(aws, "aws:sns/topicSubscription:TopicSubscription", "mail");
    const wanted = { topic: topic.id, protocol: "email", endpoint: "oncall@example.com" };
    expect(await mail.failures(wanted)).toEqual({});
    expect(await mail.failures({ ...wanted, endpoint: "oncall" })).toEqual({ endpoint: expect.any(String) });
    expect(await mail.failures({ ...wanted, protocol: "pager" })).toEqual({ protocol: expect.any(String) });
  });

  test("a backup plan: continuous backups are kept for 35 days at most", async () => {
    const plan = new TestResource(aws, "aws:backup/plan:Plan", "continuous");
    const keep = (deleteAfter: number) => ({ rules: [{ enableContinuousBackup: true, lifecycle: { deleteAfter } }] });
    expect(await plan.failures(keep(35))).toEqual({});
    expect(await plan.failures(keep(36))).toEqual({ rules: expect.stringContaining("35 days") });
  });

  test("other default tags of the provider are a change of what is tagged", async () => {
    const role = new TestResource(aws, "aws:iam/role:Role", "broker");
    await role.create({ name: "broker", assumeRolePolicy: "{}" });
    const renamed = provider("aws", { ...config, defaultTags: '{"tags":{"stack":"other"}}' });
    const diff = await renamed.diff(role.id, role.urn, role.outs, role.inputs, role.inputs);
    expect(diff).toMatchObject({ changes: true, computed: ["tagsAll"] });
  });

  test("without a name there is one from the logical name, always the same", async () => {
    const first = await new TestResource(aws, "aws:backup/plan:Plan", "daily").create({ rules: [] });
    const again = await new TestResource(aws, "aws:backup/plan:Plan", "daily").create({ rules: [] });
    const other = await new TestResource(aws, "aws:backup/plan:Plan", "weekly").create({ rules: [] });
    expect(first.name).toMatch(/^daily-[0-9a-f]{7}$/);
    expect(again).toEqual(first);
    expect(other.id).not.toBe(first.id);
  });

  test("a name stays, but what takes the place of something has another one: both are there for a while", async () => {
    const group = new TestResource(aws, "aws:ec2/securityGroup:SecurityGroup", "eu-1-access");
    const { name } = await group.create({ vpcId: "vpc-1" });
    const named = async (inputs: Record<string, unknown>) =>
      (await aws.check(group.urn, group.inputs, inputs)).inputs.name;
    expect(await named({ vpcId: "vpc-1", ingress: [] })).toBe(name);
    const next = await named({ vpcId: "vpc-2" });
    expect(next).toMatch(/^eu-1-access-[0-9a-f]{7}$/);
    expect(next).not.toBe(name);
  });

  test("an id stays through updates", async () => {
    const group = new TestResource(aws, "aws:ec2/securityGroup:SecurityGroup", "clients");
    const { id } = await group.create({ description: "clients", ingress: [] });
    expect(id).toMatch(/^sg-0[0-9a-f]{16}$/);
    expect(await group.update({ ...group.inputs, ingress: [{ protocol: "tcp" }] })).toMatchObject({ id });
  });

  test.each([
    ["aws:iam/role:Role", { assumeRolePolicy: "nonsense", name: "a b" }, ["assumeRolePolicy", "name"]],
    ["aws:s3/bucketPolicy:BucketPolicy", { policy: "{" }, ["bucket", "policy"]],
    ["aws:rds/subnetGroup:SubnetGroup", { subnetIds: ["one"], name: "UPPER" }, ["name", "subnetIds"]],
    ["aws:backup/vault:Vault", { name: "a vault" }, ["name"]],
    ["aws:ec2/securityGroup:SecurityGroup", { name: "sg-1-access" }, ["name"]],
    ["aws:iam/rolePolicyAttachment:RolePolicyAttachment", { role: "r", policyArn: "AWSBackup" }, ["policyArn"]],
    ["aws:rds/parameterGroup:ParameterGroup", { family: "mysql8", name: "a--b" }, ["family", "name"]],
  ])("%s refuses what AWS would", async (type, inputs, refused) => {
    const failures = await new TestResource(aws, type, "x").failures(inputs);
    expect(Object.keys(failures).sort()).toEqual(refused);
  });

  test("subnets are found, the same ones every time", async () => {
    const args = { filters: [{ name: "vpc-id", values: ["vpc-1"] }] };
    const first = await aws.invoke("aws:ec2/getSubnets:getSubnets", args);
    expect(first.outputs.ids).toHaveLength(3);
    expect(await aws.invoke("aws:ec2/getSubnets:getSubnets", args)).toEqual(first);
  });
});

describe("random passwords", () => {
  const type = "random:index/randomPassword:RandomPassword";
  const policy = { length: 40, overrideSpecial: "-_.~", minLower: 2, minUpper: 2, minNumeric: 2, minSpecial: 3 };

  test("keep the policy, are secret, and stay", async () => {
    const { outs } = await random.create(urnOf(type, "p"), policy);
    expect(isSecret(outs.result)).toBe(true);
    const password = new TestResource(random, type, "p");
    const { result } = await password.create(policy);
    expect(result).toMatch(/^(?=(.*[a-z]){2})(?=(.*[A-Z]){2})(?=(.*\d){2})(?=(.*[-_.~]){3})[-_.~a-zA-Z0-9]{40}$/);
    expect(await password.read()).toMatchObject({ result });
    expect(await password.diff({ ...policy, length: 41 })).toMatchObject({ replaces: ["length"] });
  });

  test("differ from each other", async () => {
    const drawn = await Promise.all(Array.from({ length: 50 }, () => random.create(urnOf(type, "p"), policy)));
    expect(new Set(drawn.map(({ outs }) => JSON.stringify(outs.result))).size).toBe(50);
  });

  test("that cannot be are refused", async () => {
    const password = new TestResource(random, type, "p");
    expect(await password.failures({ length: 2, minLower: 3 })).toEqual({
      length: expect.stringMatching(/at least.*3/),
    });
    expect(await password.failures({ length: 0 })).toEqual({ length: expect.any(String) });
  });
});
