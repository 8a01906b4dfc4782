/** For every attack on files, what turns it red: the same stack with one guard taken out of its policies. */
import type { CloudSources, StackResource } from "../../prove/iam/read-cloud";
import type { ControlText } from "../../prove/probe";
import { defaultId } from "../../registry/names";
import { BROKER, keyArn, roleArn } from "./cloud-stack";

export interface CloudControl extends ControlText {
  readonly spoil: (sources: CloudSources) => CloudSources;
}

const TAG = "tenantry-session-tenant";
const VARIABLE = `\${aws:PrincipalTag/${TAG}}`;

const BUCKET_POLICY = "aws:s3/bucketPolicy:BucketPolicy";
const ROLE = "aws:iam/role:Role";
const ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy";
const KEY = "aws:kms/key:Key";

type Rewrite = (text: string) => string;

/** One text of one resource, rewritten. @throws Error when that changes nothing: the control would prove nothing. */
function rewritten(type: string, name: string, member: string, rewrite: Rewrite): CloudControl["spoil"] {
  return (sources) => {
    const change = (each: StackResource): StackResource => {
      if (each.type !== type || each.name !== name) return each;
      const before = String(each.outputs[member]);
      const after = rewrite(before);
      if (after === before) throw new Error(`${name} has nothing to change in its ${member}`);
      return { ...each, outputs: { ...each.outputs, [member]: after } };
    };
    return { ...sources, resources: sources.resources.map(change) };
  };
}

const inBucketPolicy = (rewrite: Rewrite, name = "x-files-eu") => rewritten(BUCKET_POLICY, name, "policy", rewrite);
const inSessions = (rewrite: Rewrite) => rewritten(ROLE_POLICY, "x-files-eu", "policy", rewrite);
const inTrust = (rewrite: Rewrite, name = "x-files-eu") => rewritten(ROLE, name, "assumeRolePolicy", rewrite);
const inKey = (rewrite: Rewrite) => rewritten(KEY, "x-files-eu", "policy", rewrite);

const replaced =
  (from: string, to: string): Rewrite =>
  (text) =>
    text.replaceAll(from, to);

type Loose = Readonly<Record<string, unknown>>;
const statements =
  (change: (all: readonly Loose[]) => readonly Loose[]): Rewrite =>
  (text) => {
    const document: { readonly Version: string; readonly Statement: readonly Loose[] } = JSON.parse(text);
    return JSON.stringify({ ...document, Statement: change(document.Statement) });
  };
const without = (sid: string): Rewrite => statements((all) => all.filter(({ Sid }) => Sid !== sid));
const adding = (statement: Loose): Rewrite => statements((all) => [...all, { Effect: "Allow", ...statement }]);
const unconditional = (...operators: string[]): Rewrite =>
  statements((all) =>
    all.map(({ Condition, ...rest }) => ({
      ...rest,
      Condition: Object.fromEntries(
        Object.entries(Condition ?? {}).filter(([operator]) => !operators.includes(operator)),
      ),
    })),
  );
const both =
  (one: Rewrite, other: Rewrite): Rewrite =>
  (text) =>
    other(one(text));

const SESSION_ROLE = roleArn("x-files-eu-sessions");
const FILES = "arn:aws:s3:::x-files-eu";

const control = (probe: string, removes: string, spoil: CloudControl["spoil"]): CloudControl => ({
  probe,
  removes,
  servers: [],
  spoil,
});

/** A policy beside the sessions' own, attached to their role by somebody. */
const attached = (statement: Loose) => (sources: CloudSources) => ({
  ...sources,
  resources: [
    ...sources.resources,
    {
      type: "aws:iam/policy:Policy",
      name: "beside",
      outputs: {
        arn: "arn:aws:iam::111122223333:policy/beside",
        policy: JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", ...statement }] }),
      },
    },
    {
      type: "aws:iam/policyAttachment:PolicyAttachment",
      name: "beside",
      outputs: { roles: ["x-files-eu-sessions"], policyArn: "arn:aws:iam::111122223333:policy/beside" },
    },
  ],
});

const taggedRole = (sources: CloudSources): CloudSources => ({
  ...sources,
  resources: sources.resources.map((each) =>
    each.type === ROLE && each.name === "x-files-eu"
      ? { ...each, outputs: { ...each.outputs, tags: { [TAG]: defaultId("birch") } } }
      : each,
  ),
});

const ON_OBJECTS: readonly CloudControl[] = [
  control(
    "s3-objects-of-others",
    "the sessions' ARN is the whole bucket",
    inSessions(replaced(`/t/${VARIABLE}/*`, "/*")),
  ),
  control(
    "s3-objects-of-others",
    "a second policy, attached to the sessions' role, reads everything",
    attached({ Action: "s3:GetObject", Resource: "*" }),
  ),
  control(
    "s3-objects-of-others",
    "the bucket's policy lets the sessions' role write everywhere",
    inBucketPolicy(adding({ Principal: { AWS: SESSION_ROLE }, Action: "s3:PutObject", Resource: `${FILES}/*` })),
  ),
  control("s3-objects-of-others", "the variable in the ARN is a star", inSessions(replaced(VARIABLE, "*"))),
  control(
    "s3-names-like-others",
    "the sessions' ARN does not end with a slash after the tag",
    inSessions(replaced(`/t/${VARIABLE}/*`, `/t/${VARIABLE}*`)),
  ),
  control(
    "s3-names-like-others",
    "the sessions' ARN begins with a star",
    inSessions(replaced(`/t/${VARIABLE}`, `/*${VARIABLE}`)),
  ),
  control("s3-lists-of-others", "listing asks for no prefix", inSessions(unconditional("StringLike"))),
  control(
    "s3-lists-of-others",
    "`StringLikeIfExists` for `StringLike`",
    inSessions(replaced('"StringLike"', '"StringLikeIfExists"')),
  ),
  control(
    "s3-lists-of-others",
    "the prefix does not end with a slash",
    inSessions(replaced(`"t/${VARIABLE}/*"`, `"t/${VARIABLE}*"`)),
  ),
  control(
    "s3-other-buckets",
    "the sessions' ARN goes on after the bucket's name",
    inSessions(replaced(`${FILES}/t`, `${FILES}*/t`)),
  ),
  control(
    "s3-other-buckets",
    "a dedicated tenant's bucket lets the sessions' role read, and so does its key",
    (sources) =>
      rewritten(
        KEY,
        "x-acme",
        "policy",
        adding({ Principal: { AWS: SESSION_ROLE }, Action: "kms:*", Resource: "*" }),
      )(
        inBucketPolicy(
          adding({ Principal: { AWS: SESSION_ROLE }, Action: "s3:GetObject", Resource: "arn:aws:s3:::x-acme/*" }),
          "x-acme",
        )(sources),
      ),
  ),
];

const UNPROTECTED: readonly CloudControl[] = [
  control(
    "s3-sessions-of-nobody",
    "`Null` is dropped, and the variable has an empty default",
    inSessions(both(unconditional("Null"), replaced(VARIABLE, VARIABLE.replace("}", ", ''}")))),
  ),
  control("s3-sessions-of-nobody", "the session tag is a tag of the role", taggedRole),
  control(
    "s3-sessions-of-nobody",
    "the tag of a session is compared as a pattern",
    inSessions(replaced(`t/${VARIABLE}/*`, "t/*")),
  ),
  control("s3-without-tls", "the statement on plain text is dropped", inBucketPolicy(without("RefusePlainText"))),
  control("s3-without-tls", "the statement on old TLS is dropped", inBucketPolicy(without("RefuseOldTls"), "x-logs")),
  ...["RefuseOtherEncryption", "RefuseOtherKeys", "RefuseKeysOfWriters"].map((sid) =>
    control("s3-under-other-keys", `the statement ${sid} is dropped`, inBucketPolicy(without(sid))),
  ),
  control(
    "s3-strangers",
    "the bucket's policy lets everybody read",
    inBucketPolicy(adding({ Principal: "*", Action: "s3:GetObject", Resource: `${FILES}/*` })),
  ),
  control(
    "s3-strangers",
    "the bucket's policy lets another account list",
    inBucketPolicy(adding({ Principal: { AWS: "444455556666" }, Action: "s3:ListBucket", Resource: FILES })),
  ),
  control(
    "s3-strangers",
    "log delivery is not bound to the account",
    inBucketPolicy(unconditional("StringEquals", "ArnLike"), "x-logs"),
  ),
  control(
    "s3-settings-of-buckets",
    "the sessions may do everything with S3",
    inSessions(adding({ Action: "s3:*", Resource: FILES })),
  ),
  control(
    "s3-settings-of-buckets",
    "one more action, on lifecycles",
    attached({ Action: "s3:PutLifecycleConfiguration", Resource: "*" }),
  ),
];

const ON_SESSIONS: readonly CloudControl[] = [
  control("iam-tags-of-sessions", "trust takes a tag of any shape", inTrust(unconditional("StringLike"))),
  control("iam-tags-of-sessions", "trust asks for no tag", inTrust(unconditional("StringLike", "Null"))),
  control("iam-tags-of-sessions", "trust allows more tags", inTrust(unconditional("ForAllValues:StringEquals"))),
  control(
    "iam-tags-of-sessions",
    "`StringLike` with the shape of an id for `StringEquals` with a dedicated tenant's",
    inTrust(
      both(
        replaced('StringEquals":{"aws:RequestTag', 'StringLike":{"aws:RequestTag'),
        replaced(defaultId("acme"), "????????-????-????-????-????????????"),
      ),
      "x-acme",
    ),
  ),
  control(
    "iam-openers-of-sessions",
    "trust names the whole account",
    inTrust(replaced(BROKER, "arn:aws:iam::111122223333:root")),
  ),
  control("iam-openers-of-sessions", "trust names everybody", inTrust(replaced(`{"AWS":"${BROKER}"}`, '"*"'))),
  control(
    "iam-openers-of-sessions",
    "trust names the broker of another account",
    inTrust(replaced(BROKER, BROKER.replace("111122223333", "444455556666"))),
  ),
  control("iam-openers-of-sessions", "trust names the sessions' own role", inTrust(replaced(BROKER, SESSION_ROLE))),
  control(
    "iam-openers-of-sessions",
    "a service may open sessions",
    inTrust(replaced(`{"AWS":"${BROKER}"}`, '{"Service":"ec2.amazonaws.com"}')),
  ),
  control(
    "iam-openers-of-sessions",
    "a service's role trusts the whole account",
    inTrust(replaced('{"Service":"backup.amazonaws.com"}', '{"AWS":"111122223333"}'), "backups"),
  ),
  control(
    "iam-rights-of-sessions",
    "the sessions may pass and edit roles",
    inSessions(adding({ Action: "iam:*", Resource: "*" })),
  ),
  control(
    "iam-rights-of-sessions",
    "the sessions may open sessions",
    attached({ Action: ["sts:AssumeRole", "sts:TagSession"], Resource: "*" }),
  ),
];

const ON_KEYS: readonly CloudControl[] = [
  control(
    "kms-keys-of-others",
    "the sessions' policy names every key",
    inSessions(replaced(keyArn("x-files-eu"), "*")),
  ),
  control("kms-keys-of-others", "the sessions' policy does not ask for S3, and neither does the key's", (sources) =>
    inKey(unconditional("StringEquals"))(inSessions(unconditional("StringEquals"))(sources)),
  ),
  control(
    "kms-keys-of-others",
    "the servers' key lets the sessions' role decrypt",
    rewritten(
      KEY,
      "servers",
      "policy",
      adding({ Principal: { AWS: SESSION_ROLE }, Action: "kms:Decrypt", Resource: "*" }),
    ),
  ),
  control("kms-use-by-hand", "the key does not ask for a service", inKey(unconditional("StringEquals"))),
  control(
    "kms-use-by-hand",
    "the key's policy names everybody",
    inKey(replaced('{"AWS":"arn:aws:iam::111122223333:root"}', '"*"')),
  ),
];

export const CLOUD_CONTROLS: readonly CloudControl[] = [...ON_OBJECTS, ...UNPROTECTED, ...ON_SESSIONS, ...ON_KEYS];
