/** Who attacks: sessions of tenants, and strangers with every right on their own side. */
import type { Role } from "../../policies/iam/assume-role";
import type { Caller, Session, Tags, User } from "../../policies/iam/caller";
import { parseDocument } from "../../policies/iam/document";
import type { Cloud, FilesTenant } from "./cloud";

/** Whoever has it is stopped by the other side alone. */
const EVERYTHING = parseDocument(
  { Version: "2012-10-17", Statement: { Effect: "Allow", Action: "*", Resource: "*" } },
  "identity",
);
/** Nobody's, in AWS's own examples. */
const ELSEWHERE = "444455556666";

/** A session of a role, as though nobody had asked whether it may be opened. */
export const sessionOf = (role: Role, tags: Tags, transitive: readonly string[] = []): Session => ({
  kind: "session",
  account: role.account,
  roleArn: role.arn,
  name: "prove",
  policies: role.policies,
  tags: { ...role.tags, ...tags },
  transitive,
});

export const sessionOfTenant = ({ role, tags }: FilesTenant): Session => sessionOf(role, tags);

/** The broker, which may ask for every session. @param tags that an earlier session hands on */
export const brokerWith = (arn: string, tags: Tags = {}): Session => ({
  ...powerful(arn),
  tags,
  transitive: Object.keys(tags),
});

const powerful = (roleArn: string): Session => ({
  kind: "session",
  account: roleArn.split(":")[4] ?? "",
  roleArn,
  name: "prove",
  policies: [EVERYTHING],
  tags: {},
  transitive: [],
});

/** Of the account itself, with every right that IAM can give. */
export const administrator = (account: string): Session => powerful(`arn:aws:iam::${account}:role/prove-administrator`);

interface Stranger {
  readonly who: string;
  readonly caller: Caller;
}

/** Everybody who has no business with the account's resources, and one of the account whom nothing was given. */
export function strangersTo({ broker = "" }: Cloud, account: string): readonly Stranger[] {
  const name = broker.slice(broker.indexOf(":role/") + ":role/".length) || "session-broker";
  const powerless: User = {
    kind: "user",
    arn: `arn:aws:iam::${account}:user/prove-nobody`,
    account,
    policies: [],
    tags: {},
  };
  const elsewhere: User = { ...powerless, arn: `arn:aws:iam::${ELSEWHERE}:user/prove-root`, account: ELSEWHERE };
  return [
    { who: "nobody, without credentials", caller: { kind: "anonymous" } },
    { who: "a user of the account with no policy", caller: powerless },
    { who: `a user of account ${ELSEWHERE} with every right there`, caller: { ...elsewhere, policies: [EVERYTHING] } },
    { who: `the role ${name} of account ${ELSEWHERE}`, caller: powerful(`arn:aws:iam::${ELSEWHERE}:role/${name}`) },
    ...["ec2", "lambda", "logging.s3", "monitoring.rds", "backup"].map((service) => ({
      who: `${service}.amazonaws.com in the name of account ${ELSEWHERE}`,
      caller: { kind: "service", name: `${service}.amazonaws.com` } as const,
    })),
  ];
}

/** What a service says of whom it works for, in the name of another account. */
export const FOR_ELSEWHERE = {
  "aws:SourceAccount": ELSEWHERE,
  "aws:SourceArn": `arn:aws:s3:::prove-${ELSEWHERE}`,
} as const;
