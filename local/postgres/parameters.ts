/** What a parameter group of RDS means for a server of this machine. */
import type { Settings } from "./settings";

export interface Parameter {
  readonly name: string;
  readonly value: string;
}

/** Parameters with the same name and meaning in PostgreSQL. */
const PASSED_THROUGH = new Set([
  "autovacuum_naptime",
  "deadlock_timeout",
  "default_toast_compression",
  "hot_standby_feedback",
  "idle_in_transaction_session_timeout",
  "idle_session_timeout",
  "lock_timeout",
  "log_connections",
  "log_disconnections",
  "log_lock_waits",
  "log_min_duration_statement",
  "log_parameter_max_length",
  "log_statement",
  "log_temp_files",
  "maintenance_work_mem",
  "max_connections",
  "max_locks_per_transaction",
  "max_replication_slots",
  "max_wal_senders",
  "password_encryption",
  "pg_stat_statements.track",
  "shared_preload_libraries",
  "statement_timeout",
  "temp_file_limit",
  "track_io_timing",
  "work_mem",
]);

/** Parameters that RDS alone has, by what they set in PostgreSQL. The other `rds.*`, such as `rds.force_ssl`, mean nothing here. */
const TRANSLATED: Readonly<Record<string, (value: string) => Settings>> = {
  "rds.logical_replication": (value) => (value === "1" ? { wal_level: "logical" } : {}),
};

/** The settings of the parameters. Formulas over the memory of an instance class (`{DBInstanceClassMemory/...}`) are left out. */
export function settingsOf(parameters: readonly Parameter[]): Settings {
  const usable = parameters.filter(({ value }) => !value.includes("{"));
  const parts = usable.map(({ name, value }) => {
    return TRANSLATED[name]?.(value) ?? (PASSED_THROUGH.has(name) ? { [name]: value } : {});
  });
  return Object.assign({}, ...parts);
}
