/** The stack's configuration as the program uses it: typed, complete, free of contradictions. */
import type { CellPlacement, Estate } from "../registry/types";
import { type BackupDefaults, backupClassOf } from "./backup-class";
import { MAX_CONTINUOUS_DAYS } from "./backup-rules";
import { type ConfigFinding, parseConfigValues, StackConfigErrors } from "./stack-config-parse";
import type { ConfigValues } from "./stack-config-rules";

export type RegionConfig = ConfigValues["regions"][string];
export type KubernetesAuthConfig = NonNullable<ConfigValues["kubernetesAuth"]>;

/** How a server came into the stack that did not make it. */
export type Adoption = ConfigValues["adopted"][string];

export interface StackConfig extends Omit<ConfigValues, "multiAz" | "backupRetentionDays"> {
  /** A standby in a second availability zone. @default true in production */
  readonly multiAz: boolean;
  /** Days that backups are kept where plan, cell and tenant say nothing. @default 14 in staging, 35 in production */
  readonly backupRetentionDays: number;
}

const RETENTION_DAYS = { staging: 14, production: 35 } as const;

/** `raw`: key without the project's name to the text that Pulumi hands on. Throws StackConfigErrors with all findings. */
export function parseStackConfig(raw: Readonly<Record<string, string>>): StackConfig {
  const values = parseConfigValues(raw);
  const config: StackConfig = {
    ...values,
    multiAz: values.multiAz ?? values.environment === "production",
    backupRetentionDays: values.backupRetentionDays ?? RETENTION_DAYS[values.environment],
  };
  const findings = contradictionsIn(config);
  if (findings.length > 0) throw new StackConfigErrors(findings);
  return config;
}

function contradictionsIn(config: StackConfig): ConfigFinding[] {
  const findings: ConfigFinding[] = [];
  const { environment, tls, backupLockDays, backupRetentionDays, regions } = config;
  if (tls === "disable" && environment === "production") {
    const message = "disable sends passwords and rows in the clear; production needs verify-full";
    findings.push(contradiction("tenantry:tls", `${message}; type: pulumi config set tenantry:tls verify-full`));
  }
  if (backupLockDays !== undefined && backupLockDays > backupRetentionDays) {
    const message = `a vault locked for ${backupLockDays} days refuses backups that are kept for ${backupRetentionDays}`;
    const fix = `pulumi config set tenantry:backupRetentionDays ${backupLockDays}`;
    findings.push(contradiction("tenantry:backupLockDays", `${message}; allowed: at most the retention; type: ${fix}`));
  }
  for (const [region, { backupCopyRegion }] of Object.entries(regions)) {
    if (backupCopyRegion !== region) continue;
    const path = `tenantry:regions["${region}"].backupCopyRegion`;
    const fix = `pulumi config set --path '${path}' <another region>`;
    findings.push(
      contradiction(path, `a copy in the same region is lost with it; allowed: another region; type: ${fix}`),
    );
  }
  return findings;
}

/** What the registry needs and the configuration does not have. */
export function checkAgainstEstate(config: StackConfig, estate: Estate): ConfigFinding[] {
  const networks = estate.regions
    .filter((region) => !Object.hasOwn(config.regions, region))
    .map((region) => {
      const path = `tenantry:regions["${region}"]`;
      const fix = `pulumi config set --path '${path}.vpcId' vpc-0123456789abcdef0`;
      return contradiction(path, `missing, but the registry has cells there; a network for each region; type: ${fix}`);
    });
  const backups = estate.cells.flatMap((cell) => [...copyFindings(config, cell), ...lockFindings(config, cell)]);
  return [...networks, ...backups, ...adoptionFindings(config, estate), ...elsewhereFindings(config, estate)];
}

/** Whoever lists a cell that is still here takes away what keeps its tenants from vanishing. */
function elsewhereFindings({ elsewhere = [] }: StackConfig, { cells }: Estate): ConfigFinding[] {
  const here = elsewhere.filter((name) => cells.some((cell) => cell.name === name));
  return here.map((name) => {
    const path = `tenantry:elsewhere[${elsewhere.indexOf(name)}]`;
    const advice = `leave ${name} out of tenantry:cells, or type: pulumi config rm --path '${path}'`;
    return contradiction(path, `${name} is a cell of this stack; ${advice}`);
  });
}

function adoptionFindings({ adopted }: StackConfig, { cells }: Estate): ConfigFinding[] {
  return Object.entries(adopted).flatMap(([name, { keyArn }]) => {
    const cell = cells.find((each) => each.name === name);
    const path = `tenantry:adopted["${name}"]`;
    if (cell === undefined) {
      const have = cells.map((each) => each.name).join(", ");
      return [
        contradiction(path, `no cell of this stack; the cells are ${have}; type: pulumi config rm --path '${path}'`),
      ];
    }
    if (cell.kind === "shared" || keyArn === undefined) return [];
    return [
      contradiction(`${path}.keyArn`, `${name} is a dedicated tenant; write its key: at ${name} in the registry`),
    ];
  });
}

/**
 * The copies that the stack makes of every dedicated tenant's backups break what a customer was promised: data in certain
 * regions alone, or under the customer's key alone. What the registry itself writes is checked there.
 */
function copyFindings(config: StackConfig, cell: CellPlacement): ConfigFinding[] {
  const copyTo = config.regions[cell.region]?.backupCopyRegion;
  const { kind, name, key, backup, residency } = cell;
  if (copyTo === undefined || kind === "shared" || backup.copyTo !== undefined) return [];
  const path = `tenantry:regions["${cell.region}"].backupCopyRegion`;
  if (residency?.includes(copyTo) === false) {
    const allowed = residency.filter((region) => region !== cell.region);
    const fix =
      allowed.length > 0
        ? `backup: { copyTo: ${allowed[0]} } at ${name} in the registry`
        : `its residency in the registry with ${copyTo}, or remove backupCopyRegion here`;
    const message = `copies backups to ${copyTo}, but data of ${name} may be in ${residency.join(", ")}`;
    return [contradiction(path, `${message}; write ${fix}`)];
  }
  if (key === undefined) return [];
  const message = `copies backups to ${copyTo}, but ${name} has a key of its own`;
  const fix = `backup: { copyTo: ${copyTo}, copyKey: <ARN of a KMS key there> } at ${name} in the registry`;
  return [contradiction(path, `${message}; write ${fix}`)];
}

/** What a cell of the region gets where it says nothing itself. */
export function backupDefaultsOf({ backupRetentionDays, regions }: StackConfig, region: string): BackupDefaults {
  const copyTo = regions[region]?.backupCopyRegion;
  return { retentionDays: backupRetentionDays, ...(copyTo === undefined ? {} : { copyTo }) };
}

/** AWS Backup fails a backup that would be kept for less than its vault's lock. */
function lockFindings(config: StackConfig, cell: CellPlacement): ConfigFinding[] {
  const { backupLockDays } = config;
  // RDS's own backups are in no vault.
  if (backupLockDays === undefined || backupClassOf(cell, backupDefaultsOf(config, cell.region)) === undefined)
    return [];
  const { name, backup } = cell;
  const { retentionDays = backupLockDays, continuous = false } = backup;
  const refused = (backups: string) => `a vault locked for ${backupLockDays} days refuses the ${backups}`;
  const findings: ConfigFinding[] = [];
  if (retentionDays < backupLockDays) {
    const fix = `backup: { retentionDays: ${backupLockDays} } at ${name} in the registry, or more`;
    const message = `${refused(`backups of ${name}, kept for ${retentionDays}`)}; write ${fix}`;
    findings.push(contradiction("tenantry:backupLockDays", message));
  }
  if (continuous && backupLockDays > MAX_CONTINUOUS_DAYS) {
    const kept = `continuous backups of ${name}, kept for ${MAX_CONTINUOUS_DAYS} at most`;
    const fix = `pulumi config set tenantry:backupLockDays ${MAX_CONTINUOUS_DAYS}`;
    const message = `${refused(kept)}; remove continuous at ${name} in the registry, or type: ${fix}`;
    findings.push(contradiction("tenantry:backupLockDays", message));
  }
  return findings;
}

const contradiction = (path: string, message: string): ConfigFinding => ({ code: "TN-704", path, message });
