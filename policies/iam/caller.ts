/** Who asks, and whether a principal of a policy means them. Source: IAM User Guide, "AWS JSON policy elements: Principal". */
import type { Keys } from "./context";
import type { Document, Either, Principal } from "./document";
import { IamError } from "./text";

export type Tags = Readonly<Record<string, string>>;

interface Identity {
  /** Twelve digits. */
  readonly account: string;
  /** Identity-based policies, all of them. */
  readonly policies: readonly Document[];
  readonly tags: Tags;
}

export interface Session extends Identity {
  readonly kind: "session";
  readonly roleArn: string;
  readonly name: string;
  /** Keys of tags that the next session of a chain inherits. */
  readonly transitive: readonly string[];
}

export interface User extends Identity {
  readonly kind: "user";
  readonly arn: string;
}

export type Caller =
  | Session
  | User
  /** Such as `logging.s3.amazonaws.com`. */
  | { readonly kind: "service"; readonly name: string }
  | { readonly kind: "anonymous" };

export const isIdentity = (caller: Caller): caller is Session | User =>
  caller.kind === "session" || caller.kind === "user";

/** The condition keys that every request of this caller has. */
export function keysOf(caller: Caller): Keys {
  if (!isIdentity(caller)) return { "aws:PrincipalIsAWSService": String(caller.kind === "service") };
  const tags = Object.entries(caller.tags).map(([key, value]) => [`aws:PrincipalTag/${key}`, value] as const);
  return {
    "aws:PrincipalIsAWSService": "false",
    "aws:PrincipalAccount": caller.account,
    "aws:PrincipalArn": caller.kind === "session" ? caller.roleArn : caller.arn,
    ...(caller.kind === "user" && { "aws:username": nameOf(caller.arn) }),
    ...Object.fromEntries(tags),
  };
}

/** How an `Allow` of a resource reaches somebody: as themselves, or as their account, whose own policies then decide too. */
export type Reach = "direct" | "account";

/** @throws IamError for `NotPrincipal` in an `Allow`, which AWS's page advises against without saying whom it leaves. */
export function reachOf(
  { negated, items }: Either<Principal>,
  effect: "Allow" | "Deny",
  caller: Caller,
): Reach | undefined {
  if (!negated) {
    const reaches = items.map((principal) => reachOfOne(principal, caller));
    return reaches.includes("direct") ? "direct" : reaches.find((reach) => reach !== undefined);
  }
  if (effect === "Allow") throw new IamError("Allow with NotPrincipal is not understood here");
  return isSpared(items, caller) ? undefined : "direct";
}

function reachOfOne({ type, value }: Principal, caller: Caller): Reach | undefined {
  if (type === "Federated") return undefined;
  if (type === "Service") return caller.kind === "service" && caller.name === value ? "direct" : undefined;
  if (value === "*") return "direct";
  if (!isIdentity(caller)) return undefined;
  if (isAccount(value, caller.account)) return "account";
  return arnsOf(caller).includes(value) ? "direct" : undefined;
}

/** ("NotPrincipal with Deny": the account, the role and the session are looked at one after the other, so each must be listed.) */
function isSpared(items: readonly Principal[], caller: Caller): boolean {
  if (!isIdentity(caller)) return items.some((item) => reachOfOne(item, caller) !== undefined);
  const listed = (test: (value: string) => boolean) => items.some(({ type, value }) => type === "AWS" && test(value));
  return (
    listed((value) => isAccount(value, caller.account)) &&
    arnsOf(caller).every((arn) => listed((value) => value === arn))
  );
}

const isAccount = (value: string, account: string) =>
  value === account || (value.endsWith(":root") && value.split(":")[4] === account);

/** A session is called by its role, and by itself, where the path of the role is left out. */
const arnsOf = (caller: Session | User): readonly string[] =>
  caller.kind === "user" ? [caller.arn] : [caller.roleArn, sessionArnOf(caller)];

function sessionArnOf({ roleArn, account, name }: Session): string {
  return `arn:${roleArn.split(":")[1]}:sts::${account}:assumed-role/${nameOf(roleArn)}/${name}`;
}

const nameOf = (arn: string) => arn.slice(arn.lastIndexOf("/") + 1);
