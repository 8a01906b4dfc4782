/** KMS keys: their policy, IAM's policies under it, and grants. Source: KMS Developer Guide, "KMS key access and permissions", "Grants in AWS KMS". */
import { type Caller, isIdentity } from "./caller";
import type { Keys } from "./context";
import { type Decision, decide } from "./decide";
import type { Document } from "./document";

interface Grant {
  /** ARN of a user or role. */
  readonly grantee: string;
  /** Such as `Decrypt`, as the API writes them. */
  readonly operations: readonly string[];
}

export interface Key {
  readonly arn: string;
  /** Twelve digits. */
  readonly account: string;
  readonly policy: Document;
  /** Those without constraints. @default none */
  readonly grants?: readonly Grant[];
}

/** A grant allows what no policy allows, and nothing that a policy refuses. @param action such as `kms:Decrypt` */
export const mayUseKey = (caller: Caller, action: string, key: Key, keys: Keys = {}): boolean =>
  decideOnKey(caller, action, key, keys).allowed;

/** The same with the statements, or the grant, that decided. */
export function decideOnKey(caller: Caller, action: string, key: Key, keys: Keys = {}): Decision {
  const target = { arn: key.arn, account: key.account, policy: key.policy, policyMustAllow: true };
  const decision = decide({ caller, action, target, keys });
  if (decision.allowed || decision.by.length > 0) return decision;
  const granted = (key.grants ?? []).find((grant) => covers(grant, caller, action));
  return granted ? { allowed: true, by: [`grant to ${granted.grantee}`] } : decision;
}

function covers({ grantee, operations }: Grant, caller: Caller, action: string): boolean {
  const arn = isIdentity(caller) && (caller.kind === "user" ? caller.arn : caller.roleArn);
  return arn === grantee && operations.some((operation) => `kms:${operation}` === action);
}
