/** KMS keys. */
import { isRecord } from "../../wire";
import { rule } from "../stand-in";
import { jsonText, type Simulated } from "./simulate";
import { arn, uuid } from "./site";

const isBetween = (least: number, most: number) => (value: unknown) =>
  typeof value === "number" && value >= least && value <= most;

export const KMS: Readonly<Record<string, Simulated>> = {
  "aws:kms/key:Key": {
    required: [],
    replaceOn: ["customerMasterKeySpec", "keyUsage", "multiRegion"],
    tagged: true,
    check: (inputs) => [
      ...jsonText(inputs, "policy"),
      ...(inputs.bypassPolicyLockoutSafetyCheck === true
        ? []
        : rule(inputs, "policy", canBeChanged, "must let somebody change it: kms:PutKeyPolicy to a principal")),
      ...rule(inputs, "deletionWindowInDays", isBetween(7, 30), "must be 7 to 30 days"),
      ...rule(inputs, "rotationPeriodInDays", isBetween(90, 2560), "must be 90 to 2560 days"),
    ],
    outputs: (_inputs, { region }, seed) => {
      const keyId = uuid(seed);
      return { id: keyId, keyId, arn: arn("kms", region, `key/${keyId}`) };
    },
  },
};

/** KMS refuses a policy that its writer could not change again. What is no JSON has been told already. */
function canBeChanged(policy: unknown): boolean {
  const document = parsed(policy);
  if (!isRecord(document) || !Array.isArray(document.Statement)) return true;
  return document.Statement.filter(isRecord).some(({ Effect, Action }) => Effect === "Allow" && changesPolicy(Action));
}

const changesPolicy = (action: unknown) =>
  [action].flat().some((each) => ["kms:PutKeyPolicy", "kms:Put*", "kms:*"].includes(String(each)));

function parsed(policy: unknown): unknown {
  try {
    return JSON.parse(String(policy));
  } catch {
    return undefined;
  }
}
