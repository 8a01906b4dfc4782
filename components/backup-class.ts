/** Which backups a server gets. Servers of one class share one backup plan, so that plans do not grow with tenants. */
import { createHash } from "node:crypto";
import { serverIdentifier } from "../registry/names";
import type { CellPlacement } from "../registry/types";

export interface BackupClass {
  /** Value of the server's backup tag: equal classes have equal names, and the other way round within a region. */
  readonly name: string;
  readonly retentionDays: number;
  /** Whether AWS Backup keeps the log too, to restore to any second of the last 35 days at most. */
  readonly continuous: boolean;
  /** Region that receives a copy of each backup. */
  readonly copyTo?: string;
  /** For a server with a key of its own: its copies have a vault and a key of their own too. */
  readonly ownCopies?: { readonly cell: string; readonly keyArn: string };
}

export interface BackupDefaults {
  readonly retentionDays: number;
  /** Where copies of dedicated tenants' backups go. @default nowhere */
  readonly copyTo?: string;
}

/** Days that a cell's backups are kept. */
export const retentionDaysOf = ({ backup }: CellPlacement, defaults: BackupDefaults): number =>
  backup.retentionDays ?? defaults.retentionDays;

/**
 * The class of a dedicated tenant's server, or of a shared one that asks for copies or for continuous backups. Other shared
 * cells have RDS's own daily backups alone, and no class.
 */
export function backupClassOf(cell: CellPlacement, defaults: BackupDefaults): BackupClass | undefined {
  const dedicated = cell.kind === "dedicated";
  const { copyKey, continuous = false } = cell.backup;
  const copyTo = cell.backup.copyTo ?? (dedicated ? defaults.copyTo : undefined);
  if (!dedicated && copyTo === undefined && !continuous) return undefined;
  const retentionDays = retentionDaysOf(cell, defaults);
  const kept = `${retentionDays}d${continuous ? "-continuous" : ""}`;
  if (copyTo === undefined) return { name: kept, retentionDays, continuous };
  if (copyKey === undefined) return { name: `${kept}.${copyTo}`, retentionDays, continuous, copyTo };
  const ownCopies = { cell: cell.name, keyArn: copyKey };
  return { name: `${kept}.${copyTo}.${cell.name}`, retentionDays, continuous, copyTo, ownCopies };
}

/** Each class once, by name. */
export function distinctClasses(classes: readonly BackupClass[]): BackupClass[] {
  const byName = new Map(classes.map((one) => [one.name, one]));
  return [...byName.values()].sort((a, b) => a.name.localeCompare(b.name, "en"));
}

/** Name of the plan of a class. */
export const planName = (stack: string, region: string, { name }: BackupClass): string =>
  shorten(`${serverIdentifier(stack, region)}-${name}`);

/**
 * Name of the vault for the copies of one server that has a key of its own. A vault never changes its key, and stays behind with
 * its backups: another key, be it of whoever has the name next, needs another vault.
 */
export const copyVaultName = (stack: string, { cell, keyArn }: NonNullable<BackupClass["ownCopies"]>): string =>
  shorten(`${serverIdentifier(stack, cell)}-copies-${digest(keyArn).slice(0, 8)}`);

/** Name of a region's restore test: letters, digits and underscores. */
export const restoreTestName = (stack: string, region: string): string =>
  shorten(serverIdentifier(stack, `restores-${region}`)).replaceAll(/\W/g, "_");

/** AWS Backup allows 50 characters: what is longer ends in a digest of the whole. */
function shorten(name: string): string {
  if (name.length < 50) return name;
  return `${name.slice(0, 37)}-${digest(name).slice(0, 12)}`;
}

const digest = (text: string): string => createHash("sha256").update(text).digest("hex");
