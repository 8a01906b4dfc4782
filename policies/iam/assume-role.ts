/** Sessions of roles and their tags. Source: IAM User Guide, "Pass session tags in AWS STS"; AWS STS API, "Tag". */
import type { Caller, Session, Tags } from "./caller";
import type { Keys } from "./context";
import { decide } from "./decide";
import type { Document } from "./document";

export interface Role {
  readonly arn: string;
  /** Twelve digits. */
  readonly account: string;
  /** Who may assume it. */
  readonly trust: Document;
  readonly policies: readonly Document[];
  /** Of the role itself: they fill `aws:PrincipalTag` of its sessions as well. @default none */
  readonly tags?: Tags;
}

export interface SessionRequest {
  readonly name: string;
  /** @default none */
  readonly tags?: Tags;
  /** Keys of tags that are handed on. @default none */
  readonly transitive?: readonly string[];
  /** Other keys of the request, such as `sts:ExternalId`. @default none */
  readonly keys?: Keys;
}

export interface Sts {
  /** Whether inherited tags stand in `aws:RequestTag` and `aws:TagKeys` too. The pages do not say. @default false */
  readonly inheritedAreRequested?: boolean;
}

const KEY = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}$/u;
const VALUE = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$/u;

/** The session, or a sentence that says why there is none. */
export function assumeRole(caller: Caller, role: Role, request: SessionRequest, sts: Sts = {}): Session | string {
  const { tags = {}, transitive = [] } = request;
  const inherited = inheritedFrom(caller);
  const wrong = wrongTags(tags, transitive, inherited);
  if (wrong !== undefined) return wrong;
  const asked = sts.inheritedAreRequested === true ? { ...inherited, ...tags } : tags;
  const keys = { ...request.keys, ...keysOfRequest(asked, transitive), ...keysOfRole(role) };
  const target = { arn: role.arn, account: role.account, policy: role.trust, policyMustAllow: true };
  const needed = Object.keys(asked).length > 0 ? ["sts:AssumeRole", "sts:TagSession"] : ["sts:AssumeRole"];
  const refused = needed.find((action) => !decide({ caller, action, target, keys }).allowed);
  if (refused !== undefined) return `${refused} is not allowed`;
  return {
    kind: "session",
    account: role.account,
    roleArn: role.arn,
    name: request.name,
    policies: role.policies,
    tags: overridden(overridden(role.tags ?? {}, inherited), tags),
    transitive: [...Object.keys(inherited), ...transitive],
  };
}

function inheritedFrom(caller: Caller): Tags {
  if (caller.kind !== "session") return {};
  return Object.fromEntries(Object.entries(caller.tags).filter(([key]) => has(caller.transitive, key)));
}

function wrongTags(tags: Tags, transitive: readonly string[], inherited: Tags): string | undefined {
  const keys = Object.keys(tags);
  const twice = keys.find((key, at) => has(keys.slice(0, at), key));
  if (twice !== undefined) return `the tag ${twice} is passed twice`;
  const taken = keys.find((key) => has(Object.keys(inherited), key));
  if (taken !== undefined) return `the tag ${taken} is inherited and cannot be passed`;
  const unknown = transitive.find((key) => !has(keys, key));
  if (unknown !== undefined) return `the tag ${unknown} is to be handed on and is not passed`;
  const bad = Object.entries(tags).find(([key, value]) => !KEY.test(key) || !VALUE.test(value));
  return bad && `the tag ${bad.join("=")} has other characters than tags have`;
}

function keysOfRequest(tags: Tags, transitive: readonly string[]): Keys {
  const keys = Object.keys(tags);
  return {
    ...Object.fromEntries(Object.entries(tags).map(([key, value]) => [`aws:RequestTag/${key}`, value])),
    ...(keys.length > 0 && { "aws:TagKeys": keys }),
    ...(transitive.length > 0 && { "sts:TransitiveTagKeys": transitive }),
  };
}

const keysOfRole = ({ tags = {} }: Role): Keys =>
  Object.fromEntries(Object.entries(tags).map(([key, value]) => [`aws:ResourceTag/${key}`, value]));

/** The later tags win over those of the same key, whatever its case. */
function overridden(tags: Tags, by: Tags): Tags {
  const rest = Object.entries(tags).filter(([key]) => !has(Object.keys(by), key));
  return { ...Object.fromEntries(rest), ...by };
}

const has = (keys: readonly string[], key: string) => keys.some((each) => each.toLowerCase() === key.toLowerCase());
