/** The rules over what the program really registers, for both stacks of this project, and the controls of each. */
import { Instance } from "@pulumi/aws/rds/instance";
import { validateResourceOfType } from "@pulumi/policy";
import { UNKNOWN } from "../../local/provider";
import { evaluate } from "../../policies/evaluate";
import type { Values } from "../../policies/plain";
import { RULES } from "../../policies/rules";
import { CONTROLS } from "./controls";
import { beside, type EstateOfStack, estateOf, find, judge, ofType, spoil, tagged, violationsIn } from "./estate";

const SERVER = "aws:rds/instance:Instance";
const ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy";
/** Nothing of ours is what these are about: they are for what is added beside it. */
const FOR_OTHERS = ["no-open-lambda-permission"];

let dev: EstateOfStack;
let prod: EstateOfStack;
beforeAll(async () => {
  [dev, prod] = await Promise.all([estateOf("dev"), estateOf("prod")]);
});

const rulesOf = (violations: readonly string[]) => new Set(violations.map((text) => text.split(":")[0]));

describe("the program as it is", () => {
  test("violates nothing", async () => {
    expect(await violationsIn(dev)).toEqual([]);
    expect(await violationsIn(prod)).toEqual([]);
  });

  test("is looked at by every rule, which can read what it needs", async () => {
    for (const { rule, looked, unknown } of await judge(prod)) {
      expect([rule, looked > 0, unknown]).toEqual([rule, !FOR_OTHERS.includes(rule), 0]);
    }
  });
});

test("no document, tag or guard of the recording is left unknown", () => {
  const guards = /polic|tags|encrypt|protect|public|retention|rules|ingress|lifecycle|^region$/i;
  const ofAws = [...dev.registrations, ...prod.registrations].filter(({ type }) => type.startsWith("aws:"));
  const unknown = ofAws.flatMap(({ type, props }) =>
    Object.entries(props).flatMap(([name, value]) =>
      guards.test(name) && JSON.stringify(value)?.includes(UNKNOWN) ? [`${type} ${name}`] : [],
    ),
  );
  expect(unknown).toEqual([]);
});

describe("controls", () => {
  test.each(CONTROLS)("$rule: $name", async ({ rule, spoil: act, says }) => {
    const violations = await violationsIn(act(prod));
    expect(rulesOf(violations)).toEqual(new Set([rule]));
    expect(violations.filter((text) => text.includes(says))).not.toEqual([]);
  });

  test("exist for every rule", () => {
    expect(new Set(CONTROLS.map(({ rule }) => rule))).toEqual(new Set(RULES.map(({ name }) => name)));
  });
});

describe("exceptions", () => {
  const accountRoot = { Principal: { AWS: "arn:aws:iam::111122223333:root" }, Action: "kms:*", Resource: "*" };
  const documentOf = (statement: object) => JSON.stringify({ Statement: { Effect: "Allow", ...statement } });

  test("kms:* for the account's root, in a key's policy alone", async () => {
    const policy = documentOf(accountRoot);
    expect(await violationsIn(spoil(prod, ofType("aws:kms/key:Key"), { props: { policy } }))).toEqual([]);
    const elsewhere = await violationsIn(spoil(prod, ofType(ROLE_POLICY), { props: { policy } }));
    expect(rulesOf(elsewhere)).toEqual(new Set(["no-wildcard-access"]));
  });

  test("everybody of one account, and a refusal of everybody", async () => {
    const bound = { Principal: "*", Action: "sns:Publish", Condition: { StringEquals: { "AWS:SourceAccount": "1" } } };
    const refusal = { Effect: "Deny", Principal: "*", NotAction: "sns:Publish", Resource: "*" };
    for (const policy of [documentOf(bound), documentOf(refusal)]) {
      expect(await violationsIn(beside(prod, "aws:sns/topicPolicy:TopicPolicy", { policy }))).toEqual([]);
    }
  });

  test("the fences of a tenant that the registry lets go, but not its final snapshot", async () => {
    const dedicated = ofType(SERVER, ({ urn, protect }) => protect && urn.includes("DedicatedTenant"));
    const lowered = { protect: false, props: { deletionProtection: false } };
    const { props } = find(prod, dedicated);
    const cell = String(Object(props.tags)["tenantry:cell"]);
    const lines = Object(find(prod, ofType("tenantry:index:Roster")).props.servers);
    const servers = { ...lines, [cell]: String(lines[cell]).replace("dedicated", "dedicated status=leaving") };
    const leaving = spoil(prod, ofType("tenantry:index:Roster"), { props: { servers } });

    expect(await violationsIn(spoil(leaving, dedicated, lowered))).toEqual([]);
    expect(rulesOf(await violationsIn(spoil(prod, dedicated, lowered)))).toEqual(new Set(["deletion-protection"]));
    const unsaved = { protect: false, props: { deletionProtection: false, skipFinalSnapshot: true } };
    expect(await violationsIn(spoil(leaving, dedicated, unsaved))).toHaveLength(1);
  });

  test("not those of another server that carries the tag of the leaving one", async () => {
    const estate = spoil(prod, ofType("tenantry:index:Roster"), {
      props: { servers: { gone: "shared status=leaving id=prod-gone" } },
    });
    const server = ofType(SERVER, ({ protect }) => protect);
    const props = tagged(find(estate, server), { "tenantry:cell": "gone" });
    expect(rulesOf(await violationsIn(spoil(estate, server, { protect: false, props })))).toContain(
      "deletion-protection",
    );
  });

  test("a key that messages alone pass under", async () => {
    const estate = beside(prod, "aws:kms/key:Key", { enableKeyRotation: true }, { name: "messages", protect: false });
    const [key] = estate.registrations.slice(-1);
    const uses = (type: string, props: Values) => (to: EstateOfStack) =>
      beside(to, type, props, { urn: `${type}::user`, propertyDependencies: { key: [key?.urn ?? ""] } });
    const topic = uses("aws:sns/topic:Topic", { kmsMasterKeyId: "x" });
    const logs = uses("aws:cloudwatch/logGroup:LogGroup", { kmsKeyId: "x" });
    expect(await violationsIn(topic(estate))).toEqual([]);
    for (const unsafe of [estate, logs(topic(estate))]) {
      expect(rulesOf(await violationsIn(unsafe))).toEqual(new Set(["deletion-protection"]));
    }
  });

  test("a rehearsal, which its stack's configuration says and the program cannot", async () => {
    const production = await violationsIn({ ...dev, config: prod.config });
    expect(rulesOf(production)).toContain("deletion-protection");
    expect(await violationsIn({ ...prod, config: {} })).toEqual([]);
  });
});

describe("what is not known before `up`", () => {
  test("is passed, not judged wrong", async () => {
    const props = { policy: UNKNOWN };
    expect(await violationsIn(spoil(prod, ofType(ROLE_POLICY), { props }))).toEqual([]);
    const server = { storageEncrypted: UNKNOWN, kmsKeyId: UNKNOWN, tags: UNKNOWN, finalSnapshotIdentifier: UNKNOWN };
    const violations = await violationsIn(spoil(prod, ofType(SERVER), { props: server }));
    expect(violations).toEqual([]);
  });
});

test("a rule of one's own runs as it is written for @pulumi/policy", async () => {
  const own = {
    name: "graviton",
    description: "Servers have Graviton processors",
    enforcementLevel: "mandatory" as const,
    validateResource: validateResourceOfType(Instance, ({ instanceClass }, _args, report) => {
      if (!/^db\.\w+g\w*\./.test(instanceClass ?? "")) report(`${instanceClass} has other processors`);
    }),
  };
  const spoilt = spoil(prod, ofType(SERVER), { props: { instanceClass: "db.m5.large" } });
  const [report] = await evaluate([own], spoilt.registrations, {});
  expect(report?.violations.map(({ message }) => message)).toEqual(["db.m5.large has other processors"]);
});
