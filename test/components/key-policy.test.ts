import { readFileSync } from "node:fs";
import { join } from "node:path";
import { keyPolicy } from "../../components/key-policy";
import { type PolicyDocument, policyOf } from "../../components/policy-document";
import { type Context, isAllowed } from "./iam";

const POLICY = keyPolicy({ accountId: "111122223333", region: "eu-west-1", services: ["rds", "s3"] });
const RDS = { "kms:ViaService": "rds.eu-west-1.amazonaws.com" };

const may = (action: string, context: Context = {}, policy = POLICY) =>
  isAllowed([policy], { action: `kms:${action}`, resource: "*", context });

/** The document without its conditions. */
const unconditional = ({ Statement }: PolicyDocument): PolicyDocument =>
  policyOf(...Statement.map(({ Condition, ...statement }) => statement));

test("the account can always change the policy: nobody is locked out", () => {
  for (const action of ["PutKeyPolicy", "GetKeyPolicy", "DescribeKey", "ScheduleKeyDeletion", "CancelKeyDeletion"]) {
    expect([action, may(action)]).toEqual([action, true]);
  }
});

test("nobody outside of the account is named", () => {
  for (const { Principal } of POLICY.Statement) expect(Principal).toEqual({ AWS: "arn:aws:iam::111122223333:root" });
});

test("data is opened through the services in the region; control: without the condition by hand too", () => {
  for (const action of ["Decrypt", "GenerateDataKey", "ReEncryptFrom"]) {
    expect([action, may(action, RDS)]).toEqual([action, true]);
    expect([action, may(action)]).toEqual([action, false]);
    expect(may(action, { "kms:ViaService": "rds.us-east-1.amazonaws.com" })).toBe(false);
    expect(may(action, { "kms:ViaService": "secretsmanager.eu-west-1.amazonaws.com" })).toBe(false);
    expect(may(action, {}, unconditional(POLICY))).toBe(true);
  }
});

test("grants are for services; control: without the condition anybody could hand the key on", () => {
  expect(may("CreateGrant", { "kms:GrantIsForAWSResource": "true" })).toBe(true);
  expect(may("CreateGrant", RDS)).toBe(false);
  expect(may("CreateGrant", {}, unconditional(POLICY))).toBe(true);
});

describe("the policy that a customer is sent", () => {
  const page = readFileSync(join(__dirname, "../../docs/customer-keys.md"), "utf8");
  const sent: PolicyDocument = JSON.parse(/```json\n([\s\S]+?)```/.exec(page)?.[1] ?? "");
  const ours = { "kms:CallerAccount": "111122223333" };

  test("is enough for RDS, AWS Backup and S3", () => {
    expect(may("DescribeKey", ours, sent)).toBe(true);
    expect(may("CreateGrant", { ...ours, "kms:GrantIsForAWSResource": "true" }, sent)).toBe(true);
    for (const service of ["rds", "backup", "s3"]) {
      const context = { ...ours, "kms:ViaService": `${service}.eu-west-1.amazonaws.com` };
      for (const action of ["Decrypt", "GenerateDataKey"]) expect(may(action, context, sent)).toBe(true);
    }
  });

  test("is for no other account, no use by hand, and nothing that would change the key", () => {
    expect(may("Decrypt", { ...RDS, "kms:CallerAccount": "444455556666" }, sent)).toBe(false);
    expect(may("Decrypt", ours, sent)).toBe(false);
    expect(may("CreateGrant", ours, sent)).toBe(false);
    for (const action of ["PutKeyPolicy", "ScheduleKeyDeletion", "DisableKey"]) {
      expect([action, may(action, { ...ours, ...RDS }, sent)]).toEqual([action, false]);
    }
  });
});
