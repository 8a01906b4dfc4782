/** What the rules must be told about a stack. Unless they are told, they take it for production. */
import { isValues, type Values } from "./plain";

/** Rule to its configuration, in the form of a `--policy-pack-config` file. */
export type PackConfig = Readonly<Record<string, Values>>;

/** Days that backups are kept in production, and in staging. */
export const MINIMUM_DAYS = { production: 35, staging: 14 } as const;

/** True for a stack that may be thrown away with everything in it. */
export const isRehearsal = (config: Values): boolean => config.rehearsal === true;

/** The least that a backup may be kept, in days. */
export const minimumDays = ({ minimumDays: days }: Values): number =>
  typeof days === "number" ? days : MINIMUM_DAYS.production;

/**
 * The rules' configuration for a stack of this project. `raw`: key with the project's name to text, as in Pulumi.<stack>.yaml
 * (`tenantry:deletionProtection`: `false`).
 */
export function packConfigOf(raw: Readonly<Record<string, string>>): PackConfig {
  const environment = raw["tenantry:environment"] === "staging" ? "staging" : "production";
  const written = Number(raw["tenantry:backupRetentionDays"]);
  const days = Number.isInteger(written) && written > 0 ? written : MINIMUM_DAYS[environment];
  const rehearsal = raw["tenantry:deletionProtection"] === "false";
  return {
    "deletion-protection": { rehearsal },
    "bucket-guards": { rehearsal },
    "backup-retention": { minimumDays: days },
  };
}

/** The configuration of one rule. */
export const configOf = (config: PackConfig, rule: string): Values => {
  const values = config[rule];
  return isValues(values) ? values : {};
};
