/** Every rule of the pack, in the order in which docs/policies.md lists them. */
import type { Rule } from "./rule";
import { bucketGuards, noPublicBucket } from "./rules/buckets";
import { encryptionAtRest, keyRotation, tlsRequired } from "./rules/encryption";
import { noOpenInvoke, noWildcards } from "./rules/iam";
import { noOpenIngress, noPublicServer } from "./rules/network";
import { deletionProtection } from "./rules/protection";
import { noReplacement } from "./rules/replacement";
import { residency } from "./rules/residency";
import { backupRetention } from "./rules/retention";
import { requiredTags } from "./rules/tags";

export const RULES: readonly Rule[] = [
  encryptionAtRest,
  keyRotation,
  tlsRequired,
  noPublicServer,
  noOpenIngress,
  noPublicBucket,
  bucketGuards,
  noWildcards,
  noOpenInvoke,
  deletionProtection,
  noReplacement,
  backupRetention,
  requiredTags,
  residency,
];
