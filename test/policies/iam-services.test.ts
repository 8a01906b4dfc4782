/** Sessions, keys and buckets as their services ask IAM, against AWS's pages. The name of a page stands in brackets. */
import { assumeRole, type Role } from "../../policies/iam/assume-role";
import type { Session, User } from "../../policies/iam/caller";
import { type Attachment, parseDocument } from "../../policies/iam/document";
import { type Key, mayUseKey } from "../../policies/iam/key";
import { type Bucket, keyInPath, mayUseBucket } from "../../policies/iam/s3";

const ACCOUNT = "123456789012";
const documentOf = (attachment: Attachment, ...statements: unknown[]) =>
  parseDocument({ Version: "2012-10-17", Statement: statements }, attachment);
const ANYTHING = documentOf("identity", { Effect: "Allow", Action: "*", Resource: "*" });

const user: User = {
  kind: "user",
  account: ACCOUNT,
  arn: `arn:aws:iam::${ACCOUNT}:user/test-session-tags`,
  policies: [ANYTHING],
  tags: {},
};

const roleOf = (name: string, tags: Role["tags"] = {}): Role => ({
  arn: `arn:aws:iam::${ACCOUNT}:role/${name}`,
  account: ACCOUNT,
  trust: documentOf("trust", {
    Effect: "Allow",
    Action: ["sts:AssumeRole", "sts:TagSession"],
    Principal: { AWS: ACCOUNT },
  }),
  policies: [ANYTHING],
  tags,
});

function sessionOf(...asked: Parameters<typeof assumeRole>): Session {
  const session = assumeRole(...asked);
  if (typeof session === "string") throw new Error(session);
  return session;
}

describe("tags of a chain of roles [Pass session tags in AWS STS, Chaining roles with session tags]", () => {
  const first = sessionOf(user, roleOf("Role1", { Heart: "1" }), {
    name: "Session1",
    tags: { Star: "1", Heart: "1" },
    transitive: ["Star", "Heart"],
  });
  const second = sessionOf(first, roleOf("Role2", { Sun: "2" }), { name: "Session2" });
  const third = roleOf("Role3", { Star: "3", Lightning: "3" });

  test("are handed on, beside those of the next role", () => {
    expect(second.tags).toEqual({ Heart: "1", Star: "1", Sun: "2" });
  });

  test("win over a role's, which are not handed on", () => {
    expect(sessionOf(second, third, { name: "Session3" }).tags).toEqual({ Heart: "1", Star: "1", Lightning: "3" });
  });

  test("cannot be passed again", () => {
    expect(assumeRole(second, third, { name: "Session3", tags: { Heart: "3" } })).toMatch(/Heart is inherited/);
  });

  test("end with the session that did not hand them on", () => {
    const kept = sessionOf(user, roleOf("Role1"), { name: "Session1", tags: { Star: "1" } });
    expect(sessionOf(kept, roleOf("Role2"), { name: "Session2" }).tags).toEqual({});
  });

  test("of a session win over the role's, whatever the case of the key", () => {
    expect(sessionOf(user, roleOf("Role1", { star: "0" }), { name: "s", tags: { STAR: "1" } }).tags).toEqual({
      STAR: "1",
    });
  });
});

describe("a trust policy for session tags [Pass session tags in AWS STS, Example role trust policy]", () => {
  const principal = { AWS: user.arn };
  const any = { "aws:RequestTag/Project": "*", "aws:RequestTag/CostCenter": "*" };
  const role: Role = {
    ...roleOf("my-role-example"),
    trust: documentOf(
      "trust",
      {
        Effect: "Allow",
        Action: "sts:AssumeRole",
        Principal: principal,
        Condition: {
          StringLike: { ...any, "aws:RequestTag/Department": "*" },
          StringEquals: { "sts:ExternalId": "Example987" },
        },
      },
      {
        Effect: "Allow",
        Action: "sts:TagSession",
        Principal: principal,
        Condition: {
          StringLike: any,
          StringEquals: { "aws:RequestTag/Department": ["Engineering", "Marketing"] },
          "ForAllValues:StringEquals": { "sts:TransitiveTagKeys": ["Project", "Department"] },
        },
      },
    ),
  };
  const tags = { Project: "Automation", CostCenter: "12345", Department: "Engineering" };
  const keys = { "sts:ExternalId": "Example987" };
  const opens = (more: object) =>
    typeof assumeRole(user, role, {
      name: "my-session",
      tags,
      transitive: ["Project", "Department"],
      keys,
      ...more,
    }) !== "string";

  test.each<[string, object, boolean]>([
    ["the request of the page", {}, true],
    ["no tag handed on", { transitive: [] }, true],
    ["another tag handed on", { transitive: ["CostCenter"] }, false],
    ["another department", { tags: { ...tags, Department: "Sales" } }, false],
    ["a tag too few", { tags: { Project: "x", Department: "Engineering" }, transitive: [] }, false],
    ["a tag too many", { tags: { ...tags, more: "1" } }, true],
    ["no tags", { tags: {}, transitive: [] }, false],
    ["another external id", { keys: { "sts:ExternalId": "other" } }, false],
  ])("%s", (_what, more, expected) => expect(opens(more)).toBe(expected));

  test("without sts:TagSession no session has tags", () => {
    const untagged = { ...role, trust: role.trust.slice(0, 1) };
    expect(assumeRole(user, untagged, { name: "s", tags, keys })).toBe("sts:TagSession is not allowed");
  });
});

test.each<[string, Parameters<typeof assumeRole>[2]]>([
  ["a tag twice", { name: "s", tags: { a: "1", A: "2" } }],
  ["a tag to hand on that is not passed", { name: "s", transitive: ["a"] }],
  ["a star in a tag", { name: "s", tags: { a: "*" } }],
  ["a variable in a tag", { name: "s", tags: { a: `\${aws:username}` } }],
  ["a tag of 257 letters", { name: "s", tags: { a: "x".repeat(257) } }],
])("%s is refused before any policy is asked [AWS STS API, Tag; AssumeRole]", (_what, request) => {
  expect(typeof assumeRole(user, roleOf("r"), request)).toBe("string");
});

describe("keys [KMS Developer Guide: KMS key access and permissions; Grants in AWS KMS]", () => {
  const statement = { Effect: "Allow", Action: "kms:*", Resource: "*" };
  const keyWith = (...statements: unknown[]): Key => ({
    arn: `arn:aws:kms:eu-west-1:${ACCOUNT}:key/1`,
    account: ACCOUNT,
    policy: documentOf("resource", ...statements),
  });
  const root = { ...statement, Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` } };
  const self = { ...statement, Principal: { AWS: user.arn } };
  const nobody = { ...user, policies: [] };
  const may = (caller: User, key: Key, keys = {}) => mayUseKey(caller, "kms:Decrypt", key, keys);

  test("IAM's policies count where the key's own lets the account decide", () => {
    expect([may(user, keyWith(root)), may(nobody, keyWith(root)), may(user, keyWith())]).toEqual([true, false, false]);
  });

  test("a key's policy that names a user is enough", () => expect(may(nobody, keyWith(self))).toBe(true));

  test("a grant allows its operations to its grantee, and nothing that a policy refuses", () => {
    const grants = [{ grantee: user.arn, operations: ["Decrypt"] }];
    expect(may(nobody, { ...keyWith(), grants })).toBe(true);
    expect(mayUseKey(nobody, "kms:Encrypt", { ...keyWith(), grants })).toBe(false);
    expect(may({ ...nobody, arn: `${user.arn}2` }, { ...keyWith(), grants })).toBe(false);
    expect(may(nobody, { ...keyWith({ ...self, Effect: "Deny" }), grants })).toBe(false);
  });

  test("kms:ViaService is there where a service asks for somebody, and not otherwise", () => {
    const through = keyWith({
      ...self,
      Condition: { StringEquals: { "kms:ViaService": "s3.eu-west-1.amazonaws.com" } },
    });
    expect(may(nobody, through, { "kms:ViaService": "s3.eu-west-1.amazonaws.com" })).toBe(true);
    expect(may(nobody, through)).toBe(false);
  });
});

describe("buckets [Amazon S3 User Guide: Required permissions for Amazon S3 API operations]", () => {
  const bucket: Bucket = { name: "b", account: ACCOUNT, region: "eu-west-1" };
  const allowed = (...actions: string[]): User => ({
    ...user,
    policies: [
      documentOf("identity", {
        Effect: "Allow",
        Action: actions,
        Resource: ["arn:aws:s3:::b", "arn:aws:s3:::b/own/*"],
      }),
    ],
  });
  const own = { bucket, key: "own/x" };
  const other = { bucket, key: "other/x" };

  test("a version has its own permission", () => {
    expect(mayUseBucket(allowed("s3:GetObject"), { operation: "GetObject", ...own })).toBe(true);
    expect(mayUseBucket(allowed("s3:GetObject"), { operation: "GetObject", ...own, version: true })).toBe(false);
    expect(mayUseBucket(allowed("s3:GetObjectVersion"), { operation: "HeadObject", ...own, version: true })).toBe(true);
  });

  test("attributes need two", () => {
    expect(mayUseBucket(allowed("s3:GetObject"), { operation: "GetObjectAttributes", ...own })).toBe(false);
    expect(
      mayUseBucket(allowed("s3:GetObject", "s3:GetObjectAttributes"), { operation: "GetObjectAttributes", ...own }),
    ).toBe(true);
  });

  test("a copy reads its source and writes its target", () => {
    const both = allowed("s3:GetObject", "s3:PutObject");
    expect(mayUseBucket(both, { operation: "CopyObject", ...own, source: own })).toBe(true);
    expect(mayUseBucket(both, { operation: "CopyObject", ...own, source: other })).toBe(false);
    expect(mayUseBucket(both, { operation: "UploadPartCopy", ...other, source: own })).toBe(false);
    expect(mayUseBucket(allowed("s3:PutObject"), { operation: "CopyObject", ...own, source: own })).toBe(false);
  });

  test("a list is of the bucket, whatever its prefix", () => {
    expect(mayUseBucket(allowed("s3:ListBucket"), { operation: "ListObjectsV2", bucket, prefix: "other/" })).toBe(true);
    expect(mayUseBucket(allowed("s3:ListBucket"), { operation: "ListObjectVersions", bucket })).toBe(false);
  });

  test("an encrypted object needs its key: to read, to write, and both for parts [Using server-side encryption with AWS KMS keys]", () => {
    const policy = (...actions: string[]) =>
      documentOf("resource", { Effect: "Allow", Principal: { AWS: user.arn }, Action: actions, Resource: "*" });
    const under = (...actions: string[]) => ({
      bucket: {
        ...bucket,
        key: { arn: `arn:aws:kms:eu-west-1:${ACCOUNT}:key/1`, account: ACCOUNT, policy: policy(...actions) },
      },
      key: "own/x",
    });
    const both = allowed("s3:GetObject", "s3:PutObject");
    expect(mayUseBucket(both, { operation: "GetObject", ...under("kms:Decrypt") })).toBe(true);
    expect(mayUseBucket(both, { operation: "PutObject", ...under("kms:Decrypt") })).toBe(false);
    expect(mayUseBucket(both, { operation: "PutObject", ...under("kms:GenerateDataKey") })).toBe(true);
    expect(mayUseBucket(both, { operation: "UploadPart", ...under("kms:GenerateDataKey") })).toBe(false);
  });

  test.each([
    ["/b/own/x", "own/x"],
    ["/b//own/x", "/own/x"],
    ["/b/own%2F..%2Fother", "own/../other"],
    ["/b/own%252Fx", "own%2Fx"],
    ["/b/%2A%3F", "*?"],
    ["/b/%C3%BC", "ü"],
  ])("the path %s is of the key %s: nothing but the escapes is resolved [Naming Amazon S3 objects]", (path, key) => {
    expect(keyInPath(path)).toBe(key);
  });
});
