/** Policy documents, read strictly: what is not understood is an error. Source: IAM User Guide, "IAM JSON policy elements reference". */
import { type Condition, parseCondition } from "./condition";
import { IamError, parseText, type Text } from "./text";

/** Where a document is attached: to a principal, to a resource, or to a role as whom it trusts. */
export type Attachment = "identity" | "resource" | "trust";

export interface Principal {
  readonly type: "AWS" | "Service" | "Federated";
  readonly value: string;
}

/** `Action` or `NotAction`, and so on. */
export interface Either<T> {
  readonly negated: boolean;
  readonly items: readonly T[];
}

export interface Statement {
  /** Its `Sid`, or its place in the document. */
  readonly name: string;
  readonly effect: "Allow" | "Deny";
  readonly principals: Either<Principal> | undefined;
  /** In lower case: names of actions are not case-sensitive. */
  readonly actions: Either<Text>;
  readonly resources: Either<Text> | undefined;
  readonly conditions: readonly Condition[];
}

export type Document = readonly Statement[];

const TOP = ["Version", "Id", "Statement"];
/** Everything that a statement may have. */
export const STATEMENT_ELEMENTS: readonly string[] = [
  "Sid",
  "Effect",
  "Principal",
  "NotPrincipal",
  "Action",
  "NotAction",
  "Resource",
  "NotResource",
  "Condition",
];
/** The version since which `${...}` is a variable; before, and without one, it is text. */
const WITH_VARIABLES = "2012-10-17";
const VERSIONS: readonly unknown[] = [undefined, "2008-10-17", WITH_VARIABLES];

type Values = Readonly<Record<string, unknown>>;

/** A document from its JSON, or from what is written as JSON. @throws IamError */
export function parseDocument(source: unknown, attachment: Attachment): Document {
  const document = recordOf(typeof source === "string" ? JSON.parse(source) : source, "the document");
  assertKnown(document, TOP, "the document");
  if (!VERSIONS.includes(document.Version)) throw new IamError(`there is no version ${String(document.Version)}`);
  const variables = document.Version === WITH_VARIABLES;
  return listOf(document.Statement).map((item, at) => {
    const statement = recordOf(item, `statement ${at + 1}`);
    const name = typeof statement.Sid === "string" ? statement.Sid : `statement ${at + 1}`;
    assertKnown(statement, STATEMENT_ELEMENTS, name);
    return parseStatement(statement, name, attachment, variables);
  });
}

function parseStatement(statement: Values, name: string, attachment: Attachment, variables: boolean): Statement {
  const { Effect: effect } = statement;
  if (effect !== "Allow" && effect !== "Deny") throw new IamError(`${name}: Effect is neither Allow nor Deny`);
  const actions = eitherOf(statement, "Action", name, textsOf);
  if (!actions) throw new IamError(`${name}: there is no Action`);
  const principals = eitherOf(statement, "Principal", name, principalsOf);
  const resources = eitherOf(statement, "Resource", name, textsOf);
  if ((principals === undefined) !== (attachment === "identity"))
    throw new IamError(`${name}: a policy of ${attachment} ${principals ? "has no" : "needs a"} Principal`);
  if ((resources === undefined) !== (attachment === "trust"))
    throw new IamError(`${name}: a policy of ${attachment} ${resources ? "has no" : "needs a"} Resource`);
  return {
    name,
    effect,
    principals,
    actions: { ...actions, items: actions.items.map(parseAction) },
    resources: resources && { ...resources, items: resources.items.map((text) => parseResource(text, variables)) },
    conditions: parseConditions(statement.Condition, name, variables),
  };
}

function eitherOf<T>(
  statement: Values,
  element: string,
  name: string,
  parse: (value: unknown) => readonly T[],
): Either<T> | undefined {
  const [plain, not] = [statement[element], statement[`Not${element}`]];
  if (plain !== undefined && not !== undefined) throw new IamError(`${name}: ${element} and Not${element}`);
  if (plain === undefined && not === undefined) return undefined;
  return { negated: not !== undefined, items: parse(plain ?? not) };
}

function parseAction(text: string): Text {
  if (text !== "*" && !/^[a-z0-9*?-]+:[a-z0-9*?]+$/i.test(text)) throw new IamError(`${text} is no action`);
  return parseText(text.toLowerCase(), { variables: false, wildcards: true });
}

/** Variables stand after the fifth colon alone. */
function parseResource(text: string, variables: boolean): Text {
  const beginning = text.split(":").slice(0, 5).join(":");
  if (text !== "*" && !text.startsWith("arn:")) throw new IamError(`${text} is no ARN`);
  if (variables && beginning.includes("$" + "{")) throw new IamError(`${text}: a variable before the fifth colon`);
  return parseText(text, { variables, wildcards: true });
}

function parseConditions(block: unknown, name: string, variables: boolean): readonly Condition[] {
  if (block === undefined) return [];
  return Object.entries(recordOf(block, `${name}: Condition`)).flatMap(([operator, tests]) =>
    Object.entries(recordOf(tests, `${name}: ${operator}`)).map(([key, values]) =>
      parseCondition(operator, key, textsOf(values), variables),
    ),
  );
}

const ARN_OF_PRINCIPAL = /^(\d{12}|arn:[\w-]+:(iam|sts)::\d{12}:[\w+=,.@/-]+)$/;

function principalsOf(value: unknown): readonly Principal[] {
  if (value === "*") return [{ type: "AWS", value }];
  return Object.entries(recordOf(value, "Principal")).flatMap(([type, values]) =>
    textsOf(values).map((text) => {
      if (type === "Service" || type === "Federated") return { type, value: text };
      if (type !== "AWS") throw new IamError(`principals of the type ${type} are not understood here`);
      if (text !== "*" && !ARN_OF_PRINCIPAL.test(text)) throw new IamError(`${text} is no principal`);
      return { type, value: text };
    }),
  );
}

/** Numbers and booleans may stand without quotes. */
const textsOf = (value: unknown): readonly string[] =>
  listOf(value).map((item) => {
    if (!["string", "number", "boolean"].includes(typeof item)) throw new IamError(`${String(item)} is no text`);
    return String(item);
  });

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value]);

function recordOf(value: unknown, what: string): Values {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new IamError(`${what} is no record`);
  return { ...value };
}

function assertKnown(record: Values, known: readonly string[], what: string): void {
  const other = Object.keys(record).find((key) => !known.includes(key));
  if (other !== undefined) throw new IamError(`${what}: ${other} is not understood here`);
}
