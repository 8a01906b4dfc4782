/** IAM roles and their policies. */
import { matches, rule, text } from "../stand-in";
import { jsonText, named, type Simulated } from "./simulate";
import { ACCOUNT, arn } from "./site";

const ROLE_NAME = /^[\w+=,.@-]{1,64}$/;
const ARN = /^arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:[0-9a-z]*:.+$/;

export const IAM: Readonly<Record<string, Simulated>> = {
  "aws:iam/role:Role": {
    required: ["assumeRolePolicy"],
    replaceOn: ["name", "namePrefix", "path"],
    named: "name",
    tagged: true,
    check: (inputs) => [
      ...named(inputs, "name", ROLE_NAME, "must be at most 64 letters, digits and + = , . @ _ -"),
      ...jsonText(inputs, "assumeRolePolicy"),
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
    check: (inputs) => jsonText(inputs, "policy"),
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
