/** An estate's files as IAM sees them, two tenants, and searches for a way from one to the other. */
import fc from "fast-check";
import { oneKeyOnly, tlsOnly } from "../../components/bucket-policies";
import { brokerTrust, filesPolicy, SESSION_TAG } from "../../components/files-policies";
import { keyPolicy } from "../../components/key-policy";
import { type PolicyDocument, policyOf, type Statement } from "../../components/policy-document";
import type { Role } from "../../policies/iam/assume-role";
import type { Session, Tags } from "../../policies/iam/caller";
import { parseDocument } from "../../policies/iam/document";
import type { Bucket } from "../../policies/iam/s3";
import { defaultId } from "../../registry/names";
import { runs } from "../runs";

export const ACCOUNT = "111122223333";
const REGION = "eu-west-1";
export const KEY_ARN = `arn:aws:kms:${REGION}:${ACCOUNT}:key/1`;
export const BUCKET_ARN = "arn:aws:s3:::files";
export const BROKER_ARN = `arn:aws:iam::${ACCOUNT}:role/session-broker`;
export const TLS = { "aws:SecureTransport": "true", "s3:TlsVersion": "1.3" };
export const PLAIN = { "aws:SecureTransport": "false" };

export const FILES = filesPolicy({ bucketArn: BUCKET_ARN, region: REGION, keyArn: KEY_ARN });
const GUARDS = policyOf(...tlsOnly(BUCKET_ARN), ...oneKeyOnly(BUCKET_ARN, KEY_ARN));
const KEY_POLICY = keyPolicy({ accountId: ACCOUNT, region: REGION, services: ["s3"] });

export interface Estate {
  /** Of the sessions' role. */
  readonly files: PolicyDocument;
  readonly guards: PolicyDocument;
  readonly trust: PolicyDocument;
  readonly roleTags: Tags;
}
export const SHARED: Estate = { files: FILES, guards: GUARDS, trust: brokerTrust(BROKER_ARN), roleTags: {} };

export const bucketOf = ({ guards }: Estate): Bucket => ({
  name: "files",
  account: ACCOUNT,
  region: REGION,
  policy: parseDocument(guards, "resource"),
  key: { arn: KEY_ARN, account: ACCOUNT, policy: parseDocument(KEY_POLICY, "resource") },
});
export const roleOf = ({ files, trust, roleTags }: Estate): Role => ({
  arn: `arn:aws:iam::${ACCOUNT}:role/files-sessions`,
  account: ACCOUNT,
  trust: parseDocument(trust, "trust"),
  policies: [parseDocument(files, "identity")],
  tags: roleTags,
});
export const sessionWith = (estate: Estate, tags: Tags): Session => {
  const { arn: roleArn, policies } = roleOf(estate);
  return { kind: "session", account: ACCOUNT, roleArn, name: "s", policies, tags, transitive: [] };
};
export const sessionOf = (estate: Estate, id: string) => sessionWith(estate, { [SESSION_TAG]: id });
export const broker = (more: Partial<Session> = {}): Session => ({
  kind: "session",
  account: ACCOUNT,
  roleArn: BROKER_ARN,
  name: "broker",
  policies: [
    parseDocument(
      policyOf({ Sid: "Opens", Effect: "Allow", Action: ["sts:AssumeRole", "sts:TagSession"], Resource: "*" }),
      "identity",
    ),
  ],
  tags: {},
  transitive: [],
  ...more,
});

export const slug = fc.stringMatching(/^[a-z][a-z0-9]{1,6}(-[a-z0-9]{1,4})?$/);
/** Two ids: of any tenants, one of whose begins the other, or that differ in one place. */
export const ids = fc
  .tuple(slug, slug)
  .map(([one, other]) => [defaultId(one), defaultId(other)] as const)
  .chain(([one, other]) =>
    fc
      .constantFrom(
        other,
        `${one}0`,
        one.slice(0, -1),
        `${one}-2`,
        one.replace(/.$/, (end) => (end === "0" ? "1" : "0")),
      )
      .map((second) => [one, second] as const),
  )
  .filter(([one, other]) => one !== other);
export interface Search {
  readonly assertNothing: () => void;
  /** With one seed, so that a control finds the same way in each time. */
  readonly finds: () => boolean;
}
export const search = <T>(property: fc.IProperty<T>): Search => ({
  assertNothing: () => fc.assert(property, { numRuns: runs(250) }),
  finds: () => fc.check(property, { numRuns: 600, seed: 1 }).failed,
});

/** The document with every statement changed: what a control does to a guard. */
export const spoilt = ({ Statement }: PolicyDocument, change: (statement: Statement) => Statement): PolicyDocument =>
  policyOf(...Statement.map(change));
export const without = (document: PolicyDocument, ...operators: string[]) =>
  spoilt(document, ({ Condition = {}, ...statement }) => ({
    ...statement,
    Condition: Object.fromEntries(Object.entries(Condition).filter(([operator]) => !operators.includes(operator))),
  }));
/** With other letters in its text. */
export const rewritten = (document: PolicyDocument, from: string, to: string): PolicyDocument => {
  expect(JSON.stringify(document)).toContain(from);
  return JSON.parse(JSON.stringify(document).replaceAll(from, to));
};
export const VARIABLE = `\${aws:PrincipalTag/${SESSION_TAG}}`;
