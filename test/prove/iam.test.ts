/** The attacks on files find nothing in what the program writes, and find a way in once a guard is gone. */
import { CLOUD_PROBES } from "../../prove/iam/probes";
import { type CloudSources, readCloud } from "../../prove/iam/read-cloud";
import type { Attempt } from "../../prove/probe";
import { defaultId } from "../../registry/names";
import { RESOURCES, roleArn, SOURCES } from "./cloud-stack";
import { CLOUD_CONTROLS } from "./controls-cloud";

async function run(name: string, sources: CloudSources): Promise<readonly Attempt[]> {
  const probe = CLOUD_PROBES.find((each) => each.name === name);
  if (probe === undefined) throw new Error(`there is no probe ${name}`);
  return probe.run(readCloud(sources));
}

const found = (attempts: readonly Attempt[]) => attempts.filter(({ outcome }) => outcome === "through");

test.each(CLOUD_PROBES.map(({ name }) => name))("%s is refused, whatever it tries", async (name) => {
  const attempts = await run(name, SOURCES);
  expect(attempts.length).toBeGreaterThan(0);
  expect(attempts.filter(({ outcome }) => outcome !== "refused")).toEqual([]);
});

test.each(CLOUD_CONTROLS.map((control) => [control.probe, control.removes, control] as const))(
  "%s gets through once %s",
  async (name, _removes, { spoil }) => {
    const leaks = found(await run(name, spoil(SOURCES)));
    expect(leaks.length).toBeGreaterThan(0);
    for (const { statement, who, target, answer } of leaks) {
      expect([statement.startsWith("aws "), who, target].every(Boolean)).toBe(true);
      expect(answer).toMatch(/^allowed by /);
    }
  },
);

test("every probe has a control, and an own name", () => {
  const names = CLOUD_PROBES.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(names.filter((name) => !CLOUD_CONTROLS.some(({ probe }) => probe === name))).toEqual([]);
});

test("a leak says who, what to type, and which statement let it happen", async () => {
  const control = CLOUD_CONTROLS.find(({ removes }) => removes.includes("the whole bucket"));
  const [birch, cedar] = [defaultId("birch"), defaultId("cedar")];
  expect(found(await run("s3-objects-of-others", control?.spoil(SOURCES) ?? SOURCES))).toContainEqual({
    probe: "s3-objects-of-others",
    where: "s3",
    who: `the session of birch (${birch})`,
    target: `arn:aws:s3:::x-files-eu/t/${cedar}/prove`,
    statement: `aws s3api get-object --bucket x-files-eu --key t/${cedar}/prove`,
    outcome: "through",
    answer: "allowed by UseOwnObjects, UseKeyOfBucket, ServicesUseKeyForTheAccount",
  });
});

const spoilt = (type: string, name: string, outputs: Readonly<Record<string, unknown>>): CloudSources => ({
  ...SOURCES,
  resources: RESOURCES.map((each) =>
    each.type === type && each.name === name ? { ...each, outputs: { ...each.outputs, ...outputs } } : each,
  ),
});
const untried = (attempts: readonly Attempt[]) => attempts.filter(({ outcome }) => outcome === "untried");

describe("what cannot be looked at is said, and is no success", () => {
  test("a policy in words that the evaluator does not know", async () => {
    const date = {
      Sid: "Later",
      Effect: "Deny",
      Principal: "*",
      Action: "s3:*",
      Resource: "*",
      Condition: { DateGreaterThan: { "aws:CurrentTime": "2030-01-01" } },
    };
    const policy = JSON.stringify({ Version: "2012-10-17", Statement: date });
    const gaps = untried(
      await run("s3-objects-of-others", spoilt("aws:s3/bucketPolicy:BucketPolicy", "x-files-eu", { policy })),
    );
    expect(gaps.map(({ target }) => target).sort()).toEqual([
      "arn:aws:s3:::x-files-eu",
      "files of birch",
      "files of cedar",
      "files of dover",
    ]);
    expect(gaps[0]?.answer).toContain("DateGreaterThan");
  });

  test("a managed policy of AWS on the sessions' role", async () => {
    const managedPolicyArns = ["arn:aws:iam::aws:policy/AmazonS3FullAccess"];
    const gaps = untried(
      await run("iam-tags-of-sessions", spoilt("aws:iam/role:Role", "x-files-eu", { managedPolicyArns })),
    );
    expect(gaps[0]?.answer).toBe("the stack does not have the text of arn:aws:iam::aws:policy/AmazonS3FullAccess");
  });

  test("a resource of another shape than it has had so far", async () => {
    const gaps = untried(
      await run(
        "iam-tags-of-sessions",
        spoilt("aws:iam/rolePolicy:RolePolicy", "x-files-us", { policy: { text: "" } }),
      ),
    );
    expect(gaps).toContainEqual(
      expect.objectContaining({
        target: "aws:iam/rolePolicy:RolePolicy x-files-us",
        answer: "what its provider says of it is not understood",
      }),
    );
  });

  test("a key that is a customer's", async () => {
    const resources = RESOURCES.filter(({ type, name }) => !(type === "aws:kms/key:Key" && name === "x-acme"));
    const gaps = untried(await run("kms-keys-of-others", { ...SOURCES, resources }));
    expect(gaps.map(({ answer }) => answer)).toEqual(["it encrypts x-acme, and this stack does not have its policy"]);
  });

  test("a session that reaches nothing at all, its own neither", async () => {
    const policy = JSON.stringify({ Version: "2012-10-17", Statement: [] });
    const gaps = untried(
      await run("s3-objects-of-others", spoilt("aws:iam/rolePolicy:RolePolicy", "x-files-us", { policy })),
    );
    expect(gaps.map(({ answer }) => answer)).toEqual(
      ["juniper", "kestrel"].map(() => "it does not reach its own objects: nothing allows it"),
    );
  });

  test("a broker that the trust does not know", async () => {
    const gaps = untried(
      await run("iam-tags-of-sessions", { ...SOURCES, broker: "arn:aws:iam::111122223333:role/other" }),
    );
    expect(gaps).toHaveLength(SOURCES.directory.length);
  });
});

test("what AWS's provider leaves empty is not there", async () => {
  const none = { inlinePolicies: [{ name: "", policy: "" }], managedPolicyArns: [], tags: null };
  const roles = spoilt("aws:iam/role:Role", "x-files-us", none).resources;
  const rules = [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256", kmsMasterKeyId: "" } }];
  const encryption = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration";
  const resources = [...roles, { type: encryption, name: "x-logs", outputs: { bucket: "x-logs", rules } }];
  const { gaps, roles: read } = readCloud({ ...SOURCES, resources });
  expect([gaps, read.length]).toEqual([[], readCloud(SOURCES).roles.length]);
});

test("without a broker there are no sessions, and strangers are still refused", async () => {
  const resources = RESOURCES.filter(({ type }) => !type.startsWith("aws:iam/") && type !== "pulumi:pulumi:Stack");
  const cloud = { resources, directory: SOURCES.directory, broker: undefined };
  expect(await run("s3-objects-of-others", cloud)).toEqual([]);
  const attempts = await run("s3-strangers", cloud);
  expect(attempts.length).toBeGreaterThan(100);
  expect(found(attempts)).toEqual([]);
});

describe("1,000 tenants of one bucket", () => {
  const directory = Array.from({ length: 1_000 }, (_, at) => {
    const slug = `t${at}`;
    return { slug, id: defaultId(slug), cell: "eu-1", tier: "pooled" as const };
  });
  const named = defaultId("t471");

  test("are sampled", async () => {
    const attempts = await run("s3-names-like-others", { ...SOURCES, directory });
    expect(new Set(attempts.map(({ who }) => who)).size).toBe(25);
  });

  test("and whoever is named in a policy is never left out", async () => {
    const statement = { Effect: "Allow", Principal: { AWS: roleArn("x-files-eu-sessions") }, Action: "s3:PutObject" };
    const Resource = `arn:aws:s3:::x-files-eu/t/${named}/*`;
    const policy = JSON.stringify({ Version: "2012-10-17", Statement: { ...statement, Resource } });
    const { resources } = spoilt("aws:s3/bucketPolicy:BucketPolicy", "x-files-eu", { policy });
    const attempts = found(await run("s3-objects-of-others", { ...SOURCES, resources, directory }));
    expect(attempts.length).toBeGreaterThan(0);
    expect(attempts.every(({ target }) => target.includes(named))).toBe(true);
  });
});
