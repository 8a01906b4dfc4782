/** What there is to attack outside of the servers: the buckets, keys and roles of an estate, and the sessions of its tenants. */
import type { Role } from "../../policies/iam/assume-role";
import type { Tags } from "../../policies/iam/caller";
import type { Key } from "../../policies/iam/key";
import type { Bucket } from "../../policies/iam/s3";
import { sampleAttackers, sampleVictims } from "../sample";

/** A tenant whose files are in a bucket of the stack, and whom somebody may open sessions for. */
export interface FilesTenant {
  readonly slug: string;
  readonly id: string;
  readonly bucket: Bucket;
  readonly role: Role;
  /** Of its sessions, as the client asks for them. */
  readonly tags: Tags;
  /** Whether the bucket is its own. */
  readonly alone: boolean;
  /** Whether some policy of the stack says its id or its slug: then it may be an exception. */
  readonly named: boolean;
}

/** What is not in the stack, or is written in words that the evaluator does not know, and so proves nothing. */
export interface Gap {
  readonly layer: "s3" | "iam" | "kms";
  /** An ARN, or the name of a resource. */
  readonly target: string;
  readonly why: string;
}

export interface Cloud {
  /** By id. */
  readonly tenants: readonly FilesTenant[];
  readonly buckets: readonly Bucket[];
  readonly keys: readonly Key[];
  /** All of the stack, those of services too. */
  readonly roles: readonly Role[];
  /** ARN of the role that opens sessions; undefined: nobody does. */
  readonly broker: string | undefined;
  readonly gaps: readonly Gap[];
}

/** Tenants that attack, of each bucket. */
export function attackersIn({ tenants }: Cloud): readonly FilesTenant[] {
  return [...new Set(tenants.map(({ bucket }) => bucket))].flatMap((bucket) =>
    sampleAttackers(tenants.filter((each) => each.bucket === bucket)),
  );
}

/** Others in the attacker's bucket, those with ids like its own first. */
export const victimsOf = ({ tenants }: Cloud, attacker: FilesTenant): readonly FilesTenant[] =>
  sampleVictims(
    tenants.filter(({ bucket }) => bucket === attacker.bucket),
    attacker,
  );
