/** What there is to attack outside of the servers: the buckets, keys and roles of an estate, and the sessions of its tenants. */
import type { Role } from "../../policies/iam/assume-role";
import type { Tags } from "../../policies/iam/caller";
import type { Key } from "../../policies/iam/key";
import type { Bucket } from "../../policies/iam/s3";

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
  readonly tenants: readonly FilesTenant[];
  readonly buckets: readonly Bucket[];
  readonly keys: readonly Key[];
  /** All of the stack, those of services too. */
  readonly roles: readonly Role[];
  /** ARN of the role that opens sessions; undefined: nobody does. */
  readonly broker: string | undefined;
  readonly gaps: readonly Gap[];
}

/** Attackers of one bucket. One policy serves all of its tenants, so that more of them would say nothing new. */
const ATTACKERS = 25;
/** Victims of each attacker. */
const VICTIMS = 8;

/** Tenants that attack: all, or in each bucket so many, evenly spread, and those whom a policy names. */
export function attackersIn({ tenants }: Cloud): readonly FilesTenant[] {
  return [...new Set(tenants.map(({ bucket }) => bucket))].flatMap((bucket) => {
    const inBucket = tenants.filter((each) => each.bucket === bucket);
    const step = Math.max(1, inBucket.length / ATTACKERS);
    const isNext = (at: number) => Math.floor(at / step) > Math.floor((at - 1) / step);
    return inBucket.filter(({ named }, at) => named || isNext(at));
  });
}

/** Others in the attacker's bucket: those whom a policy names, and the next ones in the order of ids, where the first follows the last. */
export function victimsOf({ tenants }: Cloud, attacker: FilesTenant): readonly FilesTenant[] {
  const around = tenants.filter(({ bucket }) => bucket === attacker.bucket).sort((a, b) => (a.id < b.id ? -1 : 1));
  const at = around.indexOf(attacker);
  const others = [...around.slice(at + 1), ...around.slice(0, at)];
  return [...others.slice(0, VICTIMS), ...others.slice(VICTIMS).filter(({ named }) => named)];
}
