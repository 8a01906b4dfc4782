/** Who may do what with a KMS key of ours, as a key policy. What a customer writes for a key of their own: docs/customer-keys.md. */
import { type PolicyDocument, policyOf } from "./policy-document";

/** The services that use a key, by the first word of their endpoint. */
export type KeyService = "rds" | "s3" | "backup" | "sns";

export interface KeyPolicyArgs {
  /** Twelve digits. */
  readonly accountId: string;
  readonly region: string;
  readonly services: readonly KeyService[];
}

/** Everything but using the key: no encryption, no decryption, no grant that hands either on. */
const ADMINISTRATION = [
  "kms:CancelKeyDeletion",
  "kms:CreateAlias",
  "kms:DeleteAlias",
  "kms:Describe*",
  "kms:DisableKey",
  "kms:DisableKeyRotation",
  "kms:EnableKey",
  "kms:EnableKeyRotation",
  "kms:Get*",
  "kms:List*",
  "kms:PutKeyPolicy",
  "kms:RevokeGrant",
  "kms:RotateKeyOnDemand",
  "kms:ScheduleKeyDeletion",
  "kms:TagResource",
  "kms:UntagResource",
  "kms:UpdateAlias",
  "kms:UpdateKeyDescription",
];
const USE = ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"];

/**
 * The account's IAM policies decide who administers the key: with the account itself as principal nobody can be locked out. Data
 * is opened through the services that keep it and in no other way: whoever may call `kms:Decrypt` cannot do so by hand.
 */
export function keyPolicy({ accountId, region, services }: KeyPolicyArgs): PolicyDocument {
  const ofAccount = { Effect: "Allow", Principal: { AWS: `arn:aws:iam::${accountId}:root` }, Resource: "*" } as const;
  const through = services.map((service) => `${service}.${region}.amazonaws.com`);
  return policyOf(
    { ...ofAccount, Sid: "AccountAdministersKey", Action: ADMINISTRATION },
    {
      ...ofAccount,
      Sid: "ServicesUseKeyForTheAccount",
      Action: USE,
      Condition: { StringEquals: { "kms:ViaService": through } },
    },
    // A server goes on working while nobody calls: RDS holds a grant for it, and so does a copy of its snapshot.
    {
      ...ofAccount,
      Sid: "ServicesHoldGrants",
      Action: "kms:CreateGrant",
      Condition: { Bool: { "kms:GrantIsForAWSResource": "true" } },
    },
  );
}
