/** What stands between a mistake and the loss of data, all derived from a few facts so that no fence contradicts another. */

export interface Retention {
  /** False for a rehearsal: what is deleted is gone, without snapshot and without asking. */
  readonly retain: boolean;
  /** True while the owner of the data is `offboarding`, or the shared cell `retiring`: it may be deleted next. */
  readonly leaving: boolean;
  /** True where the registry lets read replicas go. @default false */
  readonly fewerReplicas?: boolean;
}

export interface Fences {
  /** Pulumi refuses to delete or replace. */
  readonly protect: boolean;
  /** The same for read replicas, which hold nothing that their source does not. */
  readonly protectReplicas: boolean;
  /** RDS refuses to delete. */
  readonly deletionProtection: boolean;
  readonly skipFinalSnapshot: boolean;
  /** Bucket, key and backup vault outlive their removal from the program: the data in them, or under them, does. */
  readonly retainOnDelete: boolean;
  /** A bucket or vault is emptied before it is deleted. */
  readonly forceDestroy: boolean;
}

/** Retained data is protected until its owner is leaving, and even then leaves a final snapshot that its key can open. */
export function fencesOf({ retain, leaving, fewerReplicas = false }: Retention): Fences {
  const protect = retain && !leaving;
  return {
    protect,
    protectReplicas: protect && !fewerReplicas,
    deletionProtection: protect,
    skipFinalSnapshot: !retain,
    retainOnDelete: retain,
    forceDestroy: !retain,
  };
}
