/**
 * Whether a request is allowed. Source: IAM User Guide, "Policy evaluation logic" and "Cross-account policy evaluation logic". Permissions
 * boundaries, session policies and policies of an organization only take away; they are not looked at.
 */
import { type Caller, isIdentity, keysOf, type Reach, reachOf } from "./caller";
import { holds } from "./condition";
import { type Context, contextOf, type Keys } from "./context";
import type { Document, Either, Statement } from "./document";
import { fill, matches, type Text } from "./text";

interface Target {
  readonly arn: string;
  /** Twelve digits: of the owner. ARNs of S3 do not say it. */
  readonly account: string;
  /** The resource's own policy. @default none */
  readonly policy?: Document;
  /** The resource's own policy has to allow, within one account too: so it is with keys and roles. @default false */
  readonly policyMustAllow?: boolean;
}

export interface Ask {
  readonly caller: Caller;
  /** Such as `s3:GetObject`. */
  readonly action: string;
  readonly target: Target;
  /** Keys of the request, beside those that the caller brings. @default none */
  readonly keys?: Keys;
}

export interface Decision {
  readonly allowed: boolean;
  /** Names of the statements that decided: of those that refuse, else of those that allow. Without any, nothing allowed it. */
  readonly by: readonly string[];
}

/** An explicit refusal anywhere wins; what nothing allows is refused. @throws IamError where IAM's pages do not say. */
export function decide({ caller, action, target, keys = {} }: Ask): Decision {
  const context = contextOf(keysOf(caller), keys);
  const applies = (statement: Statement) => isAbout(statement, action, target.arn, context);
  const own = isIdentity(caller) ? caller.policies.flat().filter(applies) : [];
  const theirs = (target.policy ?? []).filter(applies).flatMap((statement) => {
    const reach = statement.principals && reachOf(statement.principals, statement.effect, caller);
    return reach === undefined ? [] : [{ statement, reach }];
  });
  const refusals = [...own, ...theirs.map(({ statement }) => statement)].filter(({ effect }) => effect === "Deny");
  if (refusals.length > 0) return { allowed: false, by: refusals.map(({ name }) => name) };
  const allows = theirs.filter(({ statement }) => statement.effect === "Allow");
  const allowed = isEnough(
    caller,
    target,
    own.length > 0,
    allows.map(({ reach }) => reach),
  );
  const by = [...own, ...allows.map(({ statement }) => statement)].map(({ name }) => name);
  return { allowed, by: allowed ? by : [] };
}

/** Within an account one side is enough; between two, both have to allow. Whoever has no identity needs the resource alone. */
function isEnough(
  caller: Caller,
  { account, policyMustAllow = false }: Target,
  own: boolean,
  theirs: readonly Reach[],
): boolean {
  const direct = theirs.includes("direct");
  if (!isIdentity(caller)) return direct;
  if (caller.account !== account) return own && theirs.length > 0;
  return direct || (own && (!policyMustAllow || theirs.length > 0));
}

function isAbout(
  { actions, resources, conditions }: Statement,
  action: string,
  arn: string,
  context: Context,
): boolean {
  return (
    includes(actions, action.toLowerCase(), context) &&
    (resources === undefined || includes(resources, arn, context)) &&
    conditions.every((condition) => holds(condition, context))
  );
}

/** A text with a variable that has no value matches nothing, and so `NotResource` with one matches everything. */
function includes({ negated, items }: Either<Text>, value: string, context: Context): boolean {
  const found = items.some((item) => {
    const filled = fill(item, context);
    return filled !== undefined && matches(filled, value);
  });
  return found !== negated;
}
