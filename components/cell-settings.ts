/** What follows for a cell from its placement and the stack's configuration: names, fences, tags, backups. Pure. */
import { parseTenantLine, type TenantLine } from "../registry/lines";
import { replicaIdentifier, serverIdentifier } from "../registry/names";
import type { CellPlacement } from "../registry/types";
import { type BackupClass, backupClassOf, retentionDaysOf } from "./backup-class";
import { type Fences, fencesOf } from "./fences";
import type { StackConfig } from "./stack-config";
import { cellTags, type Tags } from "./tags";

export interface CellSettings {
  /** RDS identifier of the server. */
  readonly identifier: string;
  /** RDS identifiers of its read replicas. */
  readonly replicaIdentifiers: readonly string[];
  readonly fences: Fences;
  readonly tags: Tags;
  /** Days of RDS's own backups. */
  readonly retentionDays: number;
  /** Missing: RDS's own backups alone. */
  readonly backup: BackupClass | undefined;
  /** The tenant of a dedicated cell. */
  readonly tenant: TenantLine | undefined;
}

export function settingsOf(cell: CellPlacement, stack: string, config: StackConfig): CellSettings {
  const copyTo = config.regions[cell.region]?.backupCopyRegion;
  const defaults = { retentionDays: config.backupRetentionDays, ...(copyTo === undefined ? {} : { copyTo }) };
  const backup = backupClassOf(cell, defaults);
  const tenant = soleTenantOf(cell);
  return {
    identifier: serverIdentifier(stack, cell.name),
    replicaIdentifiers: replicaIdentifiersOf(cell, stack),
    fences: fencesOf({ retain: config.deletionProtection, leaving: cell.leaving }),
    tags: cellTags({
      cell: cell.name,
      ...(tenant === undefined ? {} : { plan: tenant.plan }),
      ...(cell.residency === undefined ? {} : { residency: cell.residency }),
    }),
    retentionDays: retentionDaysOf(cell, defaults),
    backup,
    tenant,
  };
}

const replicaIdentifiersOf = ({ name, server }: CellPlacement, stack: string): readonly string[] =>
  Array.from({ length: server.replicas ?? 0 }, (_, index) => replicaIdentifier(stack, name, index + 1));

function soleTenantOf({ kind, name, lines }: CellPlacement): TenantLine | undefined {
  if (kind === "shared") return undefined;
  const line = lines[name];
  if (line === undefined) throw new Error(`the dedicated cell ${name} has no line of the tenant ${name}`);
  return parseTenantLine(line);
}
