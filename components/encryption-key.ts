import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Fences } from "./fences";
import { type KeyService, keyPolicy } from "./key-policy";
import type { Region } from "./region";
import type { Tags } from "./tags";

export interface EncryptionKeyArgs {
  readonly description: string;
  readonly region: Pick<Region, "region" | "accountId">;
  /** The services that keep data under the key. */
  readonly services: readonly KeyService[];
  readonly fences: Fences;
  readonly tags: Tags;
}

/** RDS refuses a key that is about to be deleted; the longest window leaves the most time to notice. */
const DELETION_WINDOW_DAYS = 30;

/** A KMS key that rotates every year. It outlives its server wherever a final snapshot needs it. */
export function createEncryptionKey(
  name: string,
  { description, region, services, fences, tags }: EncryptionKeyArgs,
  opts: pulumi.CustomResourceOptions,
): aws.kms.Key {
  const policy = region.accountId.apply((accountId) =>
    JSON.stringify(keyPolicy({ accountId, region: region.region, services })),
  );
  return new aws.kms.Key(
    name,
    { description, policy, enableKeyRotation: true, deletionWindowInDays: DELETION_WINDOW_DAYS, tags },
    pulumi.mergeOptions(opts, { protect: fences.protect, retainOnDelete: fences.retainOnDelete }),
  );
}
