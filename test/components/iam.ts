/** What documents allow to somebody whom all their principals mean: the shortest way to ask the evaluator about a document alone. */
import type { PolicyDocument } from "../../components/policy-document";
import type { Keys } from "../../policies/iam/context";
import { decide } from "../../policies/iam/decide";
import { parseDocument } from "../../policies/iam/document";

/** Condition keys with their values; those that a request does not have are left out. A list is a key of many values. */
export type Context = Keys;

export interface Ask {
  readonly action: string;
  readonly resource: string;
  readonly context?: Context;
}

const ACCOUNT = "111122223333";

/** An explicit refusal anywhere wins; without a permission the answer is no. */
export function isAllowed(documents: readonly PolicyDocument[], { action, resource, context = {} }: Ask): boolean {
  const policies = documents.map((document) => parseDocument(meantFor(document), "identity"));
  const caller = { kind: "user", account: ACCOUNT, arn: `arn:aws:iam::${ACCOUNT}:user/x`, policies, tags: {} } as const;
  return decide({ caller, action, target: { arn: resource, account: ACCOUNT }, keys: context }).allowed;
}

/** As a policy of the one who is meant: without principals, and about everything where a role's trust names no resource. */
const meantFor = (document: PolicyDocument) => ({
  ...document,
  Statement: document.Statement.map(({ Principal, Resource = "*", ...statement }) => ({ ...statement, Resource })),
});
