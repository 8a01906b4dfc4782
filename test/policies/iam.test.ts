/** The evaluator of IAM, against the examples of AWS's pages. The name of a page stands in brackets; without a book, of the IAM User Guide. */
import fc from "fast-check";
import type { Caller, Session, User } from "../../policies/iam/caller";
import type { Keys } from "../../policies/iam/context";
import { type Decision, decide } from "../../policies/iam/decide";
import { type Attachment, parseDocument } from "../../policies/iam/document";
import { IamError } from "../../policies/iam/text";

const ACCOUNT = "123456789012";
const OTHER = "444455556666";

const documentOf = (statements: unknown, attachment: Attachment = "identity", version: string | null = "2012-10-17") =>
  parseDocument({ ...(version !== null && { Version: version }), Statement: statements }, attachment);

const userWith = (statements: unknown, more: Partial<User> = {}): User => ({
  kind: "user",
  account: ACCOUNT,
  arn: `arn:aws:iam::${ACCOUNT}:user/David`,
  policies: [documentOf(statements)],
  tags: {},
  ...more,
});
const NOTHING: unknown[] = [];
const session: Session = {
  kind: "session",
  account: OTHER,
  roleArn: `arn:aws:iam::${OTHER}:role/cross-account-read-only-role`,
  name: "cross-account-audit-app",
  policies: [documentOf({ Effect: "Allow", Action: "*", Resource: "*" })],
  tags: {},
  transitive: [],
};

const decideOn = (caller: Caller, action: string, arn: string, keys: Keys = {}, policy?: unknown): Decision =>
  decide({
    caller,
    action,
    target: { arn, account: ACCOUNT, ...(policy !== undefined && { policy: documentOf(policy, "resource") }) },
    keys,
  });
const may = (...asked: Parameters<typeof decideOn>) => decideOn(...asked).allowed;

/** Whether a condition holds: the only thing between a user and an action. */
const holds = (condition: unknown, keys: Keys = {}, tags: User["tags"] = {}) =>
  may(
    userWith({ Effect: "Allow", Action: "a:b", Resource: "*", Condition: condition }, { tags }),
    "a:b",
    "arn:aws:a:::b",
    keys,
  );

describe("actions and resources", () => {
  test.each([
    ["iam:*AccessKey*", "iam:CreateAccessKey", true],
    ["iam:*AccessKey*", "iam:CreateUser", false],
    ["S3:getobject", "s3:GetObject", true],
    ["s3:Get?bject", "s3:GetObject", true],
    ["*", "s3:GetObject", true],
  ])("the action %s and %s: %s [IAM JSON policy elements: Action]", (pattern, action, expected) => {
    expect(may(userWith({ Effect: "Allow", Action: pattern, Resource: "*" }), action, "arn:aws:s3:::b/k")).toBe(
      expected,
    );
  });

  test.each([
    ["arn:aws:s3:::my_corporate_bucket/*", "arn:aws:s3:::my_corporate_bucket/a/b", true],
    ["arn:aws:s3:::my_corporate_bucket/*", "arn:aws:s3:::my_corporate_bucket", false],
    ["arn:aws:iam::123456789012:user/accounting/*", "arn:aws:iam::123456789012:user/accounting/bob", true],
    ["arn:aws:s3:::b/k?", "arn:aws:s3:::b/k", false],
    ["arn:aws:s3:::b/a*c*e", "arn:aws:s3:::b/abcdce", true],
  ])("the resource %s and %s: %s [IAM JSON policy elements: Resource]", (pattern, arn, expected) => {
    expect(may(userWith({ Effect: "Allow", Action: "s3:*", Resource: pattern }), "s3:GetObject", arn)).toBe(expected);
  });

  test("NotAction and NotResource are everything else [IAM JSON policy elements: NotAction, NotResource]", () => {
    const notIam = userWith({ Effect: "Allow", NotAction: "iam:*", Resource: "*" });
    expect([may(notIam, "s3:GetObject", "arn:aws:s3:::b"), may(notIam, "iam:CreateUser", "arn:aws:iam:::u")]).toEqual([
      true,
      false,
    ]);
    const elsewhere = userWith([
      { Effect: "Allow", Action: "s3:*", Resource: "*" },
      {
        Effect: "Deny",
        Action: "s3:*",
        NotResource: ["arn:aws:s3:::HRBucket/Payroll", "arn:aws:s3:::HRBucket/Payroll/*"],
      },
    ]);
    expect(may(elsewhere, "s3:GetObject", "arn:aws:s3:::HRBucket/Payroll/may")).toBe(true);
    expect(may(elsewhere, "s3:GetObject", "arn:aws:s3:::HRBucket/Other")).toBe(false);
  });
});

describe("variables [IAM policy elements: Variables and tags]", () => {
  const home = [
    {
      Action: ["s3:ListBucket"],
      Effect: "Allow",
      Resource: ["arn:aws:s3:::mybucket"],
      Condition: { StringLike: { "s3:prefix": ["$" + "{aws:username}/*"] } },
    },
    {
      Action: ["s3:GetObject", "s3:PutObject"],
      Effect: "Allow",
      Resource: ["arn:aws:s3:::mybucket/$" + "{aws:username}/*"],
    },
  ];

  test("each user has a folder of their own", () => {
    expect(may(userWith(home), "s3:GetObject", "arn:aws:s3:::mybucket/David/x")).toBe(true);
    expect(may(userWith(home), "s3:GetObject", "arn:aws:s3:::mybucket/Davidson/x")).toBe(false);
    expect(may(userWith(home), "s3:ListBucket", "arn:aws:s3:::mybucket", { "s3:prefix": "David/a" })).toBe(true);
    expect(may(userWith(home), "s3:ListBucket", "arn:aws:s3:::mybucket", { "s3:prefix": "" })).toBe(false);
  });

  test("without the version they are text", () => {
    const old = userWith(NOTHING, { policies: [documentOf(home, "identity", null)] });
    expect(may(old, "s3:GetObject", "arn:aws:s3:::mybucket/David/x")).toBe(false);
    expect(may(old, "s3:GetObject", "arn:aws:s3:::mybucket/$" + "{aws:username}/x")).toBe(true);
  });

  test("one that has no value matches nothing: a role has no user name", () => {
    const role: Session = { ...session, account: ACCOUNT, policies: [documentOf(home)] };
    for (const key of ["/x", "$" + "{aws:username}/x", "undefined/x"])
      expect(may(role, "s3:GetObject", `arn:aws:s3:::mybucket/${key}`)).toBe(false);
  });

  test("a default stands in for a value that is missing, and for nothing else", () => {
    const own = { StringEquals: { "a:k": "$" + "{aws:PrincipalTag/team, 'anonymous'}" } };
    expect(holds(own, { "a:k": "anonymous" })).toBe(true);
    expect(holds(own, { "a:k": "anonymous" }, { team: "red" })).toBe(false);
    expect(holds(own, { "a:k": "red" }, { TEAM: "red" })).toBe(true); // names of keys are not case-sensitive
  });

  test("a star, a question mark and a dollar can be written", () => {
    expect(holds({ StringLike: { "a:k": "$" + "{*}$" + "{?}$" + "{$}" } }, { "a:k": "*?$" })).toBe(true);
    expect(holds({ StringLike: { "a:k": "$" + "{*}" } }, { "a:k": "x" })).toBe(false);
    expect(holds({ StringEquals: { "a:k": "*" } }, { "a:k": "x" })).toBe(false);
  });

  test("a value is taken as it is, whatever stands in it", () => {
    const own = { StringLike: { "a:k": "$" + "{aws:PrincipalTag/t}/*" } };
    for (const value of ["*", "?", "$" + "{aws:username}", "$" + "{*}"]) {
      expect(holds(own, { "a:k": "other/x" }, { t: value })).toBe(false);
      expect(holds(own, { "a:k": `${value}/x` }, { t: value })).toBe(true);
    }
  });
});

describe("conditions [IAM JSON policy elements: Condition operators]", () => {
  test.each<[string, unknown, Keys, boolean]>([
    ["equal", { StringEquals: { "a:k": ["x", "y"] } }, { "a:k": "y" }, true],
    ["equal, by case", { StringEquals: { "a:k": "X" } }, { "a:k": "x" }, false],
    ["equal, whatever the case", { StringEqualsIgnoreCase: { "a:k": "X" } }, { "a:k": "x" }, true],
    ["a key that is not there", { StringEquals: { "a:k": "x" } }, {}, false],
    ["a negation of one that is not there", { StringNotEquals: { "a:k": "x" } }, {}, true],
    ["a negation of several", { StringNotEquals: { "a:k": ["x", "y"] } }, { "a:k": "y" }, false],
    ["like", { StringLike: { "a:k": "a*c?" } }, { "a:k": "abbcd" }, true],
    ["not like", { StringNotLike: { "a:k": "a*" } }, { "a:k": "abc" }, false],
    ["not equal, whatever the case", { StringNotEqualsIgnoreCase: { "a:k": "X" } }, { "a:k": "x" }, false],
    ["up to 10", { NumericLessThanEquals: { "s3:max-keys": "10" } }, { "s3:max-keys": "10" }, true],
    ["more than 10", { NumericLessThanEquals: { "s3:max-keys": 10 } }, { "s3:max-keys": "11" }, false],
    ["less than", { NumericLessThan: { "a:k": "1.2" } }, { "a:k": "1.1" }, true],
    ["no number", { NumericLessThan: { "a:k": "1.2" } }, { "a:k": "" }, false],
    ["plain text", { Bool: { "aws:SecureTransport": "false" } }, { "aws:SecureTransport": "false" }, true],
    ["there", { Null: { "aws:TokenIssueTime": "true" } }, { "aws:TokenIssueTime": "2020" }, false],
    ["not there", { Null: { "aws:TokenIssueTime": "true" } }, {}, true],
    ["if it exists, and it does not", { StringLikeIfExists: { "ec2:InstanceType": ["t1.*", "t2.*"] } }, {}, true],
    [
      "if it exists, and is another",
      { StringLikeIfExists: { "ec2:InstanceType": ["t1.*"] } },
      { "ec2:InstanceType": "m3.a" },
      false,
    ],
    ["several operators", { StringEquals: { "a:k": "x" }, Bool: { "a:b": "true" } }, { "a:k": "x" }, false],
    ["several keys", { StringEquals: { "a:k": "x", "a:l": "y" } }, { "a:k": "x", "a:l": "y" }, true],
  ])("%s", (_what, condition, keys, expected) => expect(holds(condition, keys)).toBe(expected));

  test("a wildcard of an ARN operator ends at the colon, that of a string operator does not", () => {
    const pattern = "arn:aws:someservice:*:111122223333:finance/*";
    const got = { "a:k": "arn:aws:someservice:us-east-2:999999999999:store/abc:111122223333:finance/document.txt" };
    expect(holds({ StringLike: { "a:k": pattern } }, got)).toBe(true);
    expect(holds({ ArnLike: { "a:k": pattern } }, got)).toBe(false);
    expect(holds({ ArnNotEquals: { "a:k": pattern } }, got)).toBe(true);
    expect(holds({ ArnEquals: { "a:k": pattern } }, { "a:k": "arn:aws:someservice:x:111122223333:finance/a:b" })).toBe(
      true,
    );
  });

  const thread = { "dynamodb:requestedAttributes": ["PostDateTime", "Message", "Tags"] };
  const forbidden = { "dynamodb:requestedAttributes": ["ID", "PostDateTime"] };
  test.each<[string, unknown, readonly string[] | undefined, boolean]>([
    ["all are among them", { "ForAllValues:StringLike": thread }, ["PostDateTime", "Message"], true],
    ["one is not among them", { "ForAllValues:StringLike": thread }, ["PostDateTime", "UserName"], false],
    ["all of none", { "ForAllValues:StringLike": thread }, [], true],
    ["all of a key that is not there", { "ForAllValues:StringLike": thread }, undefined, true],
    ["all of an empty text", { "ForAllValues:StringLike": thread }, [""], true],
    ["any is among them", { "ForAnyValue:StringLike": forbidden }, ["UserName", "PostDateTime"], true],
    ["any of others", { "ForAnyValue:StringLike": forbidden }, ["UserName"], false],
    ["any of none", { "ForAnyValue:StringLike": forbidden }, [], false],
    ["any of a key that is not there", { "ForAnyValue:StringNotLike": forbidden }, undefined, false],
  ])("%s [Set operators for multivalued context keys]", (_what, condition, attributes, expected) => {
    const keys = attributes === undefined ? {} : { "dynamodb:requestedAttributes": attributes };
    expect(holds(condition, keys)).toBe(expected);
  });
});

describe("who decides [Policy evaluation logic]", () => {
  const bucket = "arn:aws:s3:::b/k";
  const allow = { Effect: "Allow", Action: "s3:*", Resource: "*" };
  const refuse = { ...allow, Effect: "Deny" };
  const self = { Principal: { AWS: `arn:aws:iam::${ACCOUNT}:user/David` } };
  const account = { Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` } };
  const ofOther = { account: OTHER, arn: `arn:aws:iam::${OTHER}:user/Bob` };
  const bob = { Principal: { AWS: ofOther.arn } };

  test.each<[string, User, unknown[], boolean]>([
    ["nobody: an implicit denial", userWith(NOTHING), [], false],
    ["the identity's policy", userWith(allow), [], true],
    ["the resource's policy, for the user", userWith(NOTHING), [{ ...allow, ...self }], true],
    ["an explicit denial of the identity", userWith([allow, refuse]), [{ ...allow, ...self }], false],
    ["an explicit denial of the resource", userWith(allow), [{ ...refuse, Principal: "*" }], false],
    ["an explicit denial of the account", userWith(allow), [{ ...refuse, ...account }], false],
    ["the account, which leaves it to the identity", userWith(NOTHING), [{ ...allow, ...account }], false],
    ["the account and the identity", userWith(allow), [{ ...allow, ...account }], true],
    ["from another account: the identity alone", userWith(allow, ofOther), [], false],
    ["from another account: the resource alone", userWith(NOTHING, ofOther), [{ ...allow, ...bob }], false],
    ["from another account: both", userWith(allow, ofOther), [{ ...allow, ...bob }], true],
    [
      "from another account: both, by the account",
      userWith(allow, ofOther),
      [{ ...allow, Principal: { AWS: OTHER } }],
      true,
    ],
  ])("%s", (_what, caller, policy, expected) => {
    expect(may(caller, "s3:GetObject", bucket, {}, policy)).toBe(expected);
  });

  test("a decision names the statements that made it", () => {
    const caller = userWith([
      { ...allow, Sid: "AllowAll" },
      { ...refuse, Sid: "RefuseAll" },
    ]);
    expect(decideOn(caller, "s3:GetObject", bucket)).toEqual({ allowed: false, by: ["RefuseAll"] });
    expect(decideOn(userWith(allow), "s3:GetObject", bucket)).toEqual({ allowed: true, by: ["statement 1"] });
  });

  test("services and strangers need the resource to name them [AWS JSON policy elements: Principal]", () => {
    const logging = { kind: "service", name: "logging.s3.amazonaws.com" } as const;
    expect(may(logging, "s3:PutObject", bucket, {}, [{ ...allow, Principal: { Service: logging.name } }])).toBe(true);
    expect(may(logging, "s3:PutObject", bucket, {}, [{ ...allow, Principal: { Service: "sns.amazonaws.com" } }])).toBe(
      false,
    );
    expect(may({ kind: "anonymous" }, "s3:GetObject", bucket, {}, [{ ...allow, Principal: { AWS: "*" } }])).toBe(true);
    expect(may({ kind: "anonymous" }, "s3:GetObject", bucket, {}, [{ ...allow, ...account }])).toBe(false);
  });

  test("a session is meant by its role and by itself, not by another session [AWS JSON policy elements: Principal]", () => {
    const meant = (arn: string) => may(session, "s3:GetObject", bucket, {}, [{ ...allow, Principal: { AWS: arn } }]);
    const own = `arn:aws:sts::${OTHER}:assumed-role/cross-account-read-only-role`;
    expect(meant(session.roleArn)).toBe(true);
    expect(meant(`${own}/cross-account-audit-app`)).toBe(true);
    expect(meant(`${own}/another`)).toBe(false);
  });

  test("NotPrincipal refuses all but a session whose account and role are listed as well [AWS JSON policy elements: NotPrincipal]", () => {
    const listed = [
      `arn:aws:sts::${OTHER}:assumed-role/cross-account-read-only-role/cross-account-audit-app`,
      session.roleArn,
      `arn:aws:iam::${OTHER}:root`,
    ];
    const open = { ...allow, Principal: { AWS: OTHER } };
    const without = (names: string[]) =>
      may(session, "s3:GetObject", bucket, {}, [open, { ...refuse, NotPrincipal: { AWS: names } }]);
    expect(without(listed)).toBe(true);
    for (const name of listed) expect([name, without(listed.filter((each) => each !== name))]).toEqual([name, false]);
  });
});

test("wildcards match what a search letter by letter matches", () => {
  const letter = fc.constantFrom("a", "b", "*", "?");
  const slow = (pattern: string, text: string): boolean => {
    const [first, rest] = [pattern[0], pattern.slice(1)];
    if (first === undefined) return text === "";
    if (first === "*") return slow(rest, text) || (text !== "" && slow(pattern, text.slice(1)));
    return text !== "" && (first === "?" || first === text[0]) && slow(rest, text.slice(1));
  };
  const text = fc.array(letter, { maxLength: 7 }).map((letters) => letters.join(""));
  fc.assert(
    fc.property(
      text,
      text,
      (pattern, got) => holds({ StringLike: { "a:k": pattern } }, { "a:k": got }) === slow(pattern, got),
    ),
    { numRuns: 500 },
  );
});

describe("what is not understood is an error, never skipped", () => {
  const good = { Effect: "Allow", Action: "s3:GetObject", Resource: "*" };
  test.each<[string, Record<string, unknown>] | [string, Record<string, unknown>, Attachment]>([
    ["an element", { ...good, Resources: "*" }],
    ["an effect", { ...good, Effect: "allow" }],
    ["an action", { ...good, Action: "GetObject" }],
    ["no action", { Effect: "Allow", Resource: "*" }],
    ["both kinds of resources", { ...good, NotResource: "arn:aws:s3:::b" }],
    ["no resource", { Effect: "Allow", Action: "s3:GetObject" }],
    ["a resource that is no ARN", { ...good, Resource: "b/*" }],
    ["a variable for an account", { ...good, Resource: "arn:aws:sqs:eu-west-1:$" + "{aws:PrincipalAccount}:q" }],
    ["a variable that does not end", { ...good, Resource: "arn:aws:s3:::b/$" + "{aws:username" }],
    ["a variable without a name", { ...good, Resource: "arn:aws:s3:::b/$" + "{}" }],
    ["an operator", { ...good, Condition: { DateLessThan: { "aws:CurrentTime": "2030-01-01" } } }],
    ["an operator that every object has", { ...good, Condition: { toString: { "a:k": "x" } } }],
    ["Null with a set", { ...good, Condition: { "ForAllValues:Null": { "a:k": "true" } } }],
    ["a number that is none", { ...good, Condition: { NumericEquals: { "a:k": "x" } } }],
    ["a principal of an identity", { ...good, Principal: "*" }],
    ["no principal of a resource", good, "resource"],
    ["a principal with a wildcard", { ...good, Principal: { AWS: "arn:aws:iam::123456789012:role/*" } }, "resource"],
    ["a canonical user", { ...good, Principal: { CanonicalUser: "79a5" } }, "resource"],
    ["a resource of a trust policy", { ...good, Principal: "*" }, "trust"],
  ])("%s", (...[, statement, attachment]) => {
    expect(() => documentOf(statement, attachment)).toThrow(IamError);
  });

  test("a version", () => expect(() => documentOf(good, "identity", "2020-01-01")).toThrow(IamError));

  test.each<[string, unknown, Keys]>([
    ["a key of many values without a set operator", { StringEquals: { "aws:TagKeys": "a" } }, { "aws:TagKeys": ["a"] }],
    ["a negation against a variable without a value", { StringNotEquals: { "a:k": "$" + "{a:l}" } }, { "a:k": "x" }],
    ["a key of many values as a variable", { StringEquals: { "a:k": "$" + "{a:l}" } }, { "a:k": "x", "a:l": ["x"] }],
  ])("%s", (_what, condition, keys) => expect(() => holds(condition, keys)).toThrow(IamError));
});
