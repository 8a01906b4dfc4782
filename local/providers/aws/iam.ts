/** IAM roles and their policies. */
import type { Props } from "../../provider";
import { matches, rule, text } from "../stand-in";
import { jsonText, named, type Simulated } from "./simulate";
import { ACCOUNT, arn } from "./site";

const ROLE_NAME = /^[\w+=,.@-]{1,64}$/;
/** What IAM takes unless a quota is raised, in characters without white space. */
const TRUST_CHARACTERS = 2048;
const POLICY_CHARACTERS = 10_240;
const ARN = /^arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:[0-9a-z]*:.+$/;

const isDuration = (value: unknown) => typeof value === "number" && value >= 3600 && value <= 43_200;

const atMost = (inputs: Props, property: string, characters: number) =>
  rule(
    inputs,
    property,
    (value) => String(value).replaceAll(/\s/g, "").length <= characters,
    `must have at most ${characters} characters`,
  );

export const IAM: Readonly<Record<string, Simulated>> = {
  "aws:iam/role:Role": {
    required: ["assumeRolePolicy"],
    replaceOn: ["name", "namePrefix", "path"],
    named: "name",
    tagged: true,
    check: (inputs) => [
      ...named(inputs, "name", ROLE_NAME, "must be at most 64 letters, digits and + = , . @ _ -"),
      ...jsonText(inputs, "assumeRolePolicy"),
      ...atMost(inputs, "assumeRolePolicy", TRUST_CHARACTERS),
      ...rule(inputs, "maxSessionDuration", isDuration, "must be 3600 to 43200 seconds"),
    ],
    outputs: (inputs, _site, seed) => {
      const name = text(inputs, "name");
      const uniqueId = `AROA${seed.slice(0, 17).toUpperCase()}`;
      return { id: name, arn: arn("iam", "", `role${inputs.path ?? "/"}${name}`), uniqueId };
    },
  },
  "aws:iam/rolePolicy:RolePolicy": {
    required: ["role", "policy"],
    replaceOn: ["role", "name", "namePrefix"],
    named: "name",
    check: (inputs) => [...jsonText(inputs, "policy"), ...atMost(inputs, "policy", POLICY_CHARACTERS)],
    outputs: (inputs) => ({ id: `${text(inputs, "role")}:${text(inputs, "name")}` }),
  },
  "aws:iam/rolePolicyAttachment:RolePolicyAttachment": {
    required: ["role", "policyArn"],
    replaceOn: ["role", "policyArn"],
    check: (inputs) =>
      rule(inputs, "policyArn", matches(ARN), `must be an ARN such as arn:aws:iam::${ACCOUNT}:policy/name`),
    outputs: (inputs) => ({ id: `${text(inputs, "role")}-${text(inputs, "policyArn")}` }),
  },
};
