/** What the rules must be told about a stack. Unless they are told, they take it for production. */
import type { EnforcementLevel } from "@pulumi/policy";
import { isValues, type Values } from "./plain";

/** Rule to its configuration, or to its enforcement level alone: the form of a `--policy-pack-config` file. */
export type PackConfig = Readonly<Record<string, Values | EnforcementLevel>>;

/** Days that backups are kept in production, and in staging. */
const MINIMUM_DAYS = { production: 35, staging: 14 } as const;

/** True for a stack that may be thrown away with everything in it. */
export const isRehearsal = (config: Values): boolean => config.rehearsal === true;

/** The least that a backup may be kept, in days. */
export const minimumDays = ({ minimumDays: days }: Values): number =>
  typeof days === "number" ? days : MINIMUM_DAYS.production;

/** The CLI takes a rule whose configuration comes without a level for an advice. */
const MANDATORY = { enforcementLevel: "mandatory" } as const;

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
    "deletion-protection": { ...MANDATORY, rehearsal },
    "bucket-guards": { ...MANDATORY, rehearsal },
    "backup-retention": { ...MANDATORY, minimumDays: days },
  };
}

/** The configuration of one rule. */
export const configOf = (config: PackConfig, rule: string): Values => {
  const values = config[rule];
  return isValues(values) ? values : {};
};

const LEVELS: readonly unknown[] = ["advisory", "mandatory", "remediate", "disabled"] satisfies EnforcementLevel[];
const isLevel = (value: unknown): value is EnforcementLevel => LEVELS.includes(value);

/** What is written for the rule or for `all`; missing: what the rule itself says. */
export function levelOf(config: PackConfig, rule: string): EnforcementLevel | undefined {
  const own = config[rule];
  return [own, isValues(own) ? own.enforcementLevel : undefined, config.all].find(isLevel);
}

/** `first` with `second` laid over it, rule by rule. */
export function mergeConfig(first: PackConfig, second: PackConfig): PackConfig {
  const merged = Object.entries(second).map(([rule, said]) => {
    const level = isLevel(said) ? { enforcementLevel: said } : said;
    return [rule, isLevel(said) && rule === "all" ? said : { ...configOf(first, rule), ...level }] as const;
  });
  return { ...first, ...Object.fromEntries(merged) };
}

/** @throws Error for text that is no object of rules. */
export function parsePackConfig(text: string): PackConfig {
  const parsed: unknown = JSON.parse(text);
  if (!isValues(parsed)) throw new Error("a JSON object is needed: rule to its level, or to its configuration");
  const entries = Object.entries(parsed).map(([rule, said]) => {
    if (isLevel(said) || isValues(said)) return [rule, said] as const;
    throw new Error(`${rule}: ${JSON.stringify(said)} is no level; allowed: ${LEVELS.join(", ")}, or an object`);
  });
  return Object.fromEntries(entries);
}
