/** Nobody is allowed everything, and nothing is allowed to everybody. A linter of statements, not an evaluator of policies. */
import { STATEMENT_ELEMENTS } from "../iam/document";
import { documentsIn, principalsOf, textsOf } from "../iam-document";
import { isValues, UNKNOWN, type Values, valuesOf } from "../plain";
import { resourceRule } from "../rule";

/** Conditions that say who calls, so that `Principal: *` means "whoever of these". */
const BINDING_KEYS: readonly string[] = [
  "aws:principalorgid",
  "aws:principalaccount",
  "aws:principalarn",
  "aws:sourceaccount",
  "aws:sourcearn",
  "aws:sourceorgid",
  "aws:sourcevpc",
  "aws:sourcevpce",
  "kms:calleraccount",
];
/** `...IfExists` holds for whoever leaves the key out, and `ForAllValues:` for an empty set. */
const BINDING_OPERATOR = /^(String|Arn)(Equals|EqualsIgnoreCase|Like)$/;

/** Managed policies that allow a whole service, or everything. */
const BROAD_MANAGED = /:policy\/(job-function\/)?(AdministratorAccess|PowerUserAccess|\w*FullAccess)$/;

export const noWildcards = resourceRule({
  name: "no-wildcard-access",
  description:
    "No statement allows all actions (of a service), none allows an action to everybody without saying who calls, none says Allow with NotAction, NotPrincipal or NotResource. Known exception: kms:* for the account's root in a key's policy, without which a key can become unmanageable.",
  severity: "critical",
  remediation: "Write the actions and the principals that are needed, and nothing else",
  concerns: ({ props }) => documentsIn(props).length > 0 || managedIn(props).length > 0,
  check: ({ type, props }) => {
    const isKey = type === "aws:kms/key:Key" || type === "aws:kms/keyPolicy:KeyPolicy";
    const broad = managedIn(props).filter((arn) => BROAD_MANAGED.test(arn));
    const statements = documentsIn(props).flatMap(({ path, statements: all }) =>
      all.flatMap((statement, at) => {
        const where = `${path}, statement ${typeof statement.Sid === "string" ? statement.Sid : at + 1}`;
        return lint(statement, isKey).map((finding) => `${where}: ${finding}`);
      }),
    );
    return [...statements, ...broad.map((arn) => `${arn} allows a whole service or more`)];
  },
});

const managedIn = ({ policyArn, managedPolicyArns }: Values): readonly string[] =>
  [...textsOf(policyArn), ...textsOf(managedPolicyArns)].filter((text) => text.startsWith("arn:"));

function lint(statement: Values, isKey: boolean): readonly string[] {
  if (statement.Effect === UNKNOWN) return [];
  const unknown = Object.keys(statement).filter((element) => !STATEMENT_ELEMENTS.includes(element));
  const findings = unknown.map((element) => `${element} is no element of a statement`);
  if (statement.Effect === "Deny") return [...findings, ...(has(statement, "NotPrincipal") ? [DENY_NOT] : [])];
  if (statement.Effect !== "Allow") findings.push("its Effect is neither Allow nor Deny");
  const inverted = ["NotAction", "NotPrincipal", "NotResource"].filter((element) => has(statement, element));
  findings.push(...inverted.map((element) => `${element} allows whatever is not in it`));
  if (isEverybody(statement) && !saysWhoCalls(statement)) findings.push("it is for everybody");
  const actions = textsOf(statement.Action).filter(isWholeService);
  const excused = isKey && actions.every((action) => action === "kms:*") && isForAccountRoot(statement);
  if (!excused) findings.push(...actions.map((action) => `it allows ${action}`));
  return findings;
}

const DENY_NOT =
  "Deny with NotPrincipal refuses roles whose sessions are not listed; use a condition on aws:PrincipalArn";

const has = (statement: Values, element: string) => statement[element] !== undefined;

/** `*`, `s3:*`, `*:*`, `s3:**`, and services that are a pattern themselves. */
function isWholeService(action: string): boolean {
  const [service = "", verb = ""] = action.split(":");
  return /[*?]/.test(service) || /^[*?]+$/.test(verb);
}

const isEverybody = (statement: Values) =>
  principalsOf(statement).some((principal) => principal === "*" || /^arn:[^:]*:(iam|sts)::[^:]*\*/.test(principal));

/** The whole of a key's own account, as AWS writes it into every key's policy. */
const isForAccountRoot = (statement: Values) => {
  const principals = principalsOf(statement);
  return principals.length > 0 && principals.every((principal) => /^arn:aws[a-z-]*:iam::\d{12}:root$/.test(principal));
};

function saysWhoCalls({ Condition: condition }: Values): boolean {
  return Object.entries(valuesOf(condition)).some(
    ([operator, tests]) => BINDING_OPERATOR.test(operator) && isValues(tests) && Object.entries(tests).some(binds),
  );
}

const binds = ([key, values]: readonly [string, unknown]): boolean =>
  BINDING_KEYS.includes(key.toLowerCase()) &&
  textsOf(values).length > 0 &&
  textsOf(values).every((value) => !/^[*?]*$/.test(value) && !/^arn:[*?:]*$/.test(value));

const PERMISSION = "aws:lambda/permission:Permission";

export const noOpenInvoke = resourceRule({
  name: "no-open-lambda-permission",
  description: "No function may be called by everybody, or by a service on behalf of any account.",
  severity: "high",
  remediation: "Name the caller in principal, and its sourceArn or sourceAccount for a service",
  concerns: ({ type }) => type === PERMISSION,
  check: ({ props: { principal, sourceArn, sourceAccount, principalOrgId } }) => {
    const bound = [sourceArn, sourceAccount, principalOrgId].some((value) => value !== undefined);
    const needsBinding = principal === "*" || String(principal).endsWith(".amazonaws.com");
    return needsBinding && !bound ? [`${String(principal)} may call it for anybody`] : [];
  },
});
