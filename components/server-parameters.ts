/** Settings of a server that belong to the server, not to a tenant: what RDS calls a parameter group. */

export interface ServerParameter {
  readonly name: string;
  readonly value: string;
  /** `pending-reboot`: at the next restart, and so for every static parameter, which RDS refuses as `immediate`. */
  readonly applyMethod: "immediate" | "pending-reboot";
}

const KB_PER_GB = 1024 * 1024;
/** PostgreSQL keeps the limit in 32 bits. */
const LARGEST_TEMP_FILE_LIMIT_KB = 2 ** 31 - 1;

const dynamic = (name: string, value: string | number): ServerParameter => ({
  name,
  value: String(value),
  applyMethod: "immediate",
});
const fixed = (name: string, value: string | number): ServerParameter => ({
  name,
  value: String(value),
  applyMethod: "pending-reboot",
});

/**
 * What RDS has by default, written down. RDS tells of a value that is its default as `pending-reboot`, whatever it was told, so that
 * `immediate` would differ at every `up`: https://github.com/hashicorp/terraform-provider-aws/issues/39252
 */
const asByDefault = (name: string, value: string | number): ServerParameter => fixed(name, value);

/** They stand from the start, so that a move or an upgrade needs no restart first. */
export const STATIC_PARAMETERS: readonly ServerParameter[] = [
  fixed("rds.logical_replication", 1),
  // A transaction that drops a schema locks every relation in it.
  fixed("max_locks_per_transaction", 256),
];

/** The parameters of a server with a disk of `diskGb`. */
export function parametersOf({ diskGb }: { readonly diskGb: number }): readonly ServerParameter[] {
  return [
    asByDefault("rds.force_ssl", 1),
    asByDefault("password_encryption", "scram-sha-256"),
    // One session may spill a quarter of the disk, so that no tenant's query fills it for all.
    dynamic("temp_file_limit", Math.min(Math.floor((diskGb * KB_PER_GB) / 4), LARGEST_TEMP_FILE_LIMIT_KB)),
    dynamic("log_connections", 1),
    dynamic("log_disconnections", 1),
    dynamic("log_lock_waits", 1),
    dynamic("log_temp_files", 64 * 1024),
    // Slow statements are logged without their parameters, which are tenants' data.
    dynamic("log_min_duration_statement", 1000),
    dynamic("log_parameter_max_length", 0),
    ...STATIC_PARAMETERS,
  ];
}
