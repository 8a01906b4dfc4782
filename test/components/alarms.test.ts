import { alarmEndpointOf } from "../../components/alarm-endpoints";
import { REPLICA_ALARM, serverAlarmsOf } from "../../components/alarm-thresholds";
import { dashboardBody } from "../../components/dashboard-body";
import { topicKeyPolicy, topicPolicy } from "../../components/notification-policies";
import { maxConnections } from "../../registry/instance-class";
import { dedicatedCell, estateOf, SIZE, sharedCell } from "./estates";
import { type EstateRecording, isSecret, ofType, one, providerUrn, recordEstate } from "./registrations";

const ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm";
const TOPIC = "aws:sns/topic:Topic";
const SUBSCRIPTION = "aws:sns/topicSubscription:TopicSubscription";
const RULE = "aws:cloudwatch/eventRule:EventRule";
const DASHBOARD = "aws:cloudwatch/dashboard:Dashboard";
const EVENTS = "notifications-eu-west-1-server-events";
const GB = 1024 ** 3;

const PAGER = "https://events.example.com/integration/0123456789";
const ESTATE = estateOf([
  { ...sharedCell("eu-1", {}), server: { ...SIZE, replicas: 2 } },
  dedicatedCell("acme", { backup: { continuous: true } }),
  sharedCell("us-1", {}, "us-east-1"),
]);

let estate: EstateRecording;
beforeAll(async () => {
  estate = await recordEstate(ESTATE, { alarmEndpoints: JSON.stringify(["oncall@example.com", PAGER]) });
});

describe("thresholds", () => {
  const thresholdsOf = (instanceClass: string, diskGb: number) =>
    Object.fromEntries(serverAlarmsOf({ instanceClass, diskGb }).map(({ name, threshold }) => [name, threshold]));

  test("follow from the class and the disk", () => {
    expect(thresholdsOf("db.t4g.medium", 20)).toEqual({
      cpu: 90,
      "free-storage": 3 * GB,
      connections: 324,
      "transaction-ids": 1_000_000_000,
      "replication-slot": 2 * GB,
    });
    expect(thresholdsOf("db.r7g.4xlarge", 500)).toMatchObject({
      "free-storage": 75 * GB,
      connections: 4000,
      "replication-slot": 50 * GB,
    });
  });

  test("are below what the class accepts, so that somebody can still log in", () => {
    for (const instanceClass of ["db.t4g.micro", "db.m7g.large", "db.x2g.16xlarge"]) {
      expect(thresholdsOf(instanceClass, 100).connections).toBeLessThan(maxConnections(instanceClass));
    }
  });

  test("come before RDS makes the disk larger, which it does at a tenth", () => {
    expect(thresholdsOf("db.m7g.large", 100)["free-storage"]).toBeGreaterThan(10 * GB);
  });

  test("leave an idle replica alone, which reports up to five minutes", () => {
    expect(REPLICA_ALARM.threshold).toBeGreaterThan(300);
  });

  test("say what to do", () => {
    for (const { meaning } of [...serverAlarmsOf(SIZE), REPLICA_ALARM]) expect(meaning).toMatch(/^[A-Z].+\. .+\.$/);
  });
});

describe("alarms", () => {
  test("are five a server, and one a replica", () => {
    const names = ofType(estate, ALARM).map(({ inputs }) => String(inputs.name));
    const five = ["connections", "cpu", "free-storage", "replication-slot", "transaction-ids"];
    expect(names.sort()).toEqual(
      [
        ...["test-acme", "test-eu-1", "test-us-1"].flatMap((server) => five.map((name) => `${server}/${name}`)),
        "test-1-reader-eu-1/replica-lag",
        "test-2-reader-eu-1/replica-lag",
      ].sort(),
    );
  });

  test("watch the server that they name, by the identifier that it has on RDS", () => {
    const servers = new Set(ofType(estate, "aws:rds/instance:Instance").map(({ inputs }) => inputs.identifier));
    for (const { inputs } of ofType(estate, ALARM)) {
      const { DBInstanceIdentifier } = Object(inputs.dimensions);
      expect(servers).toContain(DBInstanceIdentifier);
      expect(String(inputs.name).split("/")[0]).toBe(DBInstanceIdentifier);
    }
  });

  test("are in the region of the metric, and tell the topic of that region", () => {
    for (const region of ["eu-west-1", "us-east-1"]) {
      const provider = one(estate, "pulumi:providers:aws", `${region}-aws`).urn;
      const topic = one(estate, TOPIC, `notifications-${region}-topic`);
      expect(providerUrn(topic)).toBe(provider);
      const here = ofType(estate, ALARM).filter((alarm) => providerUrn(alarm) === provider);
      expect(here.length).toBeGreaterThanOrEqual(5);
      const told = new Set(here.flatMap(({ inputs }) => [inputs.alarmActions, inputs.okActions].flat()));
      expect([...told]).toEqual([`arn:aws:mock:::${topic.name}`]);
    }
  });

  test("free storage falls, the rest rises; silence is good news of slots alone", () => {
    const falling = ofType(estate, ALARM).filter(({ inputs }) => String(inputs.comparisonOperator).startsWith("Less"));
    expect(new Set(falling.map(({ inputs }) => inputs.metricName))).toEqual(new Set(["FreeStorageSpace"]));
    const quiet = ofType(estate, ALARM).filter(({ inputs }) => inputs.treatMissingData === "notBreaching");
    expect(new Set(quiet.map(({ inputs }) => inputs.metricName))).toEqual(new Set(["OldestReplicationSlotLag"]));
  });

  test("carry the tags of their cell, and nothing that a backup plan looks for", () => {
    expect(one(estate, ALARM, "alarms-eu-west-1-acme-cpu").inputs.tags).toEqual({
      "tenantry:cell": "acme",
      "tenantry:plan": "enterprise",
    });
  });
});

describe("messages", () => {
  test("are sealed with a key that alarms and events may use, and nobody beyond the account", () => {
    const key = one(estate, "aws:kms/key:Key", "notifications-eu-west-1-key");
    expect(JSON.parse(String(key.inputs.policy))).toEqual(
      topicKeyPolicy({ accountId: "111122223333", region: "eu-west-1" }),
    );
    expect(one(estate, TOPIC, "notifications-eu-west-1-topic").inputs.kmsMasterKeyId).toBe(
      `arn:aws:mock:::${key.name}`,
    );
  });

  test("come from this account's alarms, and from EventBridge without a condition that would never hold", () => {
    const site = { accountId: "111122223333", region: "eu-west-1" };
    const arn = "arn:aws:sns:eu-west-1:111122223333:test-alarms";
    const { inputs } = one(estate, TOPIC, "notifications-eu-west-1-topic");
    expect(inputs.name).toBe("test-alarms");
    expect(JSON.parse(String(inputs.policy))).toEqual(topicPolicy(arn, site));
    for (const document of [topicPolicy(arn, site), topicKeyPolicy(site)]) {
      const events = document.Statement.filter(({ Principal }) => Object(Principal).Service === "events.amazonaws.com");
      expect(events).toHaveLength(1);
      expect(events[0]).not.toHaveProperty("Condition");
      const alarms = document.Statement.filter(({ Principal }) => Object(Principal).Service?.startsWith("cloudwatch"));
      expect(alarms.map(({ Condition }) => Object(Condition).StringEquals)).toEqual([
        { "aws:SourceAccount": "111122223333" },
      ]);
    }
  });

  test("go to each endpoint, in each region; what may be a secret in an address is one", () => {
    const sent = ofType(estate, SUBSCRIPTION).filter(({ name }) => name.startsWith("notifications-eu-west-1"));
    const { name } = alarmEndpointOf(PAGER);
    expect(sent.map((each) => each.name)).toEqual([
      "notifications-eu-west-1-to-oncall@example.com",
      `notifications-eu-west-1-to-${name}`,
    ]);
    expect(sent.map(({ inputs }) => [inputs.protocol, isSecret(inputs.endpoint)])).toEqual([
      ["email", false],
      ["https", true],
    ]);
    expect(name).toMatch(/^events\.example\.com-[0-9a-f]{8}$/);
    expect(ofType(estate, SUBSCRIPTION)).toHaveLength(4);
  });

  test("tell of every backup, copy and restore of the stack that fails", () => {
    const { eventPattern } = one(estate, RULE, "notifications-eu-west-1-failed-backups").inputs;
    expect(JSON.parse(String(eventPattern))).toMatchObject({
      source: ["aws.backup"],
      "detail-type": ["Backup Job State Change", "Copy Job State Change", "Restore Job State Change"],
      detail: {
        iamRoleArn: [`arn:aws:mock:::${one(estate, "aws:iam/role:Role", "backups-eu-west-1-role").name}`],
        $or: [{ state: expect.arrayContaining(["FAILED", "EXPIRED"]) }, { status: expect.arrayContaining(["FAILED"]) }],
      },
    });
  });

  test("tell what befalls the servers of the stack, and no others", () => {
    const { eventPattern } = one(estate, RULE, EVENTS).inputs;
    const { SourceIdentifier } = JSON.parse(String(eventPattern)).detail;
    expect(SourceIdentifier).toEqual([{ prefix: "test-" }]);
    for (const { inputs } of ofType(estate, "aws:rds/instance:Instance")) {
      expect(String(inputs.identifier).startsWith(SourceIdentifier[0].prefix)).toBe(true);
    }
  });

  test("tell what befalls a server that another stack named, and its replicas", async () => {
    const adopted = JSON.stringify({ "eu-1": { stack: "prod" }, acme: { server: "shop-db" } });
    const { eventPattern } = one(await recordEstate(ESTATE, { adopted }), RULE, EVENTS).inputs;
    expect(JSON.parse(String(eventPattern)).detail.SourceIdentifier).toEqual([
      { prefix: "test-" },
      "prod-eu-1",
      "prod-1-reader-eu-1",
      "prod-2-reader-eu-1",
      "shop-db",
    ]);
  });
});

describe("the dashboard", () => {
  const serversOf = (count: number) =>
    Array.from({ length: count }, (_, n) => ({ cell: `eu-${n}`, identifier: `test-eu-${n}`, replicaIdentifiers: [] }));
  const graphsOf = (count: number) =>
    JSON.parse(dashboardBody([{ region: "eu-west-1", servers: serversOf(count) }])).widgets.filter(
      ({ type }: { readonly type: string }) => type === "metric",
    );

  test("is one for all regions, with replica lag where there are replicas", () => {
    const { inputs } = one(estate, DASHBOARD, "dashboard");
    expect(inputs.dashboardName).toBe("test-servers");
    const { widgets } = JSON.parse(String(inputs.dashboardBody));
    const titles = widgets.map(({ properties }: { readonly properties: object }) => [
      Reflect.get(properties, "region"),
      Reflect.get(properties, "title") ?? Reflect.get(properties, "markdown"),
    ]);
    expect(titles).toHaveLength(2 + 6 + 5);
    expect(titles).toContainEqual(["eu-west-1", "Replica lag, seconds"]);
    expect(titles).not.toContainEqual(["us-east-1", "Replica lag, seconds"]);
    // Its name is fixed: the old one would take the new one with it.
    expect(ofType(estate, DASHBOARD).map(({ deleteBeforeReplace }) => deleteBeforeReplace)).toEqual([true]);
  });

  test("shows every server while a graph can show it, then the ten that are worst off", () => {
    expect(graphsOf(10)[0].properties.metrics).toHaveLength(10);
    const [cpu, storage] = graphsOf(11);
    expect(cpu.properties.metrics).toHaveLength(12);
    expect(cpu.properties.metrics[0]).toEqual([{ expression: "SORT(METRICS(), MAX, DESC, 10)", id: "worst" }]);
    expect(storage.properties.metrics[0][0].expression).toBe("SORT(METRICS(), MIN, ASC, 10)");
    expect(cpu.properties.metrics[1][4]).toMatchObject({ label: "eu-0", visible: false });
  });

  test("no two widgets lie on one another", () => {
    const { widgets } = JSON.parse(String(one(estate, DASHBOARD, "dashboard").inputs.dashboardBody));
    const places = widgets.map(({ x, y }: { readonly x: number; readonly y: number }) => `${x},${y}`);
    expect(new Set(places).size).toBe(widgets.length);
    for (const { x, width } of widgets) expect(x + width).toBeLessThanOrEqual(24);
  });
});

test("a stack without alarms has none of it, and its backups all the same", async () => {
  const quiet = await recordEstate(ESTATE, { alarms: "false" });
  expect([ALARM, TOPIC, RULE, DASHBOARD].flatMap((type) => ofType(quiet, type))).toEqual([]);
  expect(ofType(quiet, "aws:backup/plan:Plan")).toHaveLength(1);
});
