import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Fences } from "./fences";
import type { Tags } from "./tags";

export interface EncryptionKeyArgs {
  readonly description: string;
  readonly fences: Fences;
  readonly tags: Tags;
}

/** RDS refuses a key that is about to be deleted; the longest window leaves the most time to notice. */
const DELETION_WINDOW_DAYS = 30;

/** A KMS key that rotates every year. It outlives its server wherever a final snapshot needs it. */
export function createEncryptionKey(
  name: string,
  { description, fences, tags }: EncryptionKeyArgs,
  opts: pulumi.CustomResourceOptions,
): aws.kms.Key {
  return new aws.kms.Key(
    name,
    { description, enableKeyRotation: true, deletionWindowInDays: DELETION_WINDOW_DAYS, tags },
    pulumi.mergeOptions(opts, { protect: fences.protect, retainOnDelete: fences.retainOnDelete }),
  );
}
