/** Which events of AWS are told to people, as EventBridge patterns. Pure. */

type EventPattern = Readonly<Record<string, unknown>>;

/** Backup jobs, copies and restore tests that did not succeed. They have a state, or a status, in three forms. */
export const failedBackups = (roleArn: string): EventPattern => ({
  source: ["aws.backup"],
  "detail-type": ["Backup Job State Change", "Copy Job State Change", "Restore Job State Change"],
  detail: {
    // Every job of the stack's servers runs as this role, and none of another stack's.
    iamRoleArn: [roleArn],
    $or: [{ state: ["ABORTED", "EXPIRED", "FAILED", "PARTIAL"] }, { status: ["ABORTED", "FAILED"] }],
  },
});

/**
 * What RDS says of a stack's servers when something happens to them, be it after they have left the stack. `prefix` is what the
 * identifiers begin with of those that the stack made; `identifiers` has those too that it adopted.
 */
export const serverEvents = (prefix: string, identifiers: readonly string[]): EventPattern => ({
  source: ["aws.rds"],
  "detail-type": ["RDS DB Instance Event"],
  detail: {
    SourceIdentifier: [{ prefix }, ...identifiers.filter((identifier) => !identifier.startsWith(prefix))],
    EventCategories: ["deletion", "failover", "failure", "low storage", "read replica", "recovery"],
  },
});
