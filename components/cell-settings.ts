/** What follows for a cell from its placement and the stack's configuration: names, fences, tags, backups. Pure. */
import { parseTenantLine, type TenantLine } from "../registry/lines";
import { replicaIdentifier, serverIdentifier } from "../registry/names";
import type { CellPlacement } from "../registry/types";
import { type BackupClass, backupClassOf, retentionDaysOf } from "./backup-class";
import { type Fences, fencesOf } from "./fences";
import { type Adoption, backupDefaultsOf, type StackConfig } from "./stack-config";
import { cellTags, type Tags } from "./tags";

export interface CellSettings {
  /** RDS identifier of the server. */
  readonly identifier: string;
  /** The stack that names are made of: this one, unless another one made the server. */
  readonly namedBy: string;
  /** How the server came into the stack, where it did not make it. */
  readonly adoption: Adoption | undefined;
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
  const defaults = backupDefaultsOf(config, cell.region);
  const backup = backupClassOf(cell, defaults);
  const tenant = soleTenantOf(cell);
  const adoption = config.adopted[cell.name];
  const namedBy = adoption?.stack ?? stack;
  return {
    identifier: adoption?.server ?? serverIdentifier(namedBy, cell.name),
    namedBy,
    adoption,
    replicaIdentifiers: replicaIdentifiersOf(cell, namedBy),
    fences: fencesOf({
      retain: config.deletionProtection,
      leaving: cell.leaving,
      fewerReplicas: cell.allow?.includes("fewerReplicas") ?? false,
    }),
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
