/** The lines of a stack's servers, for its roster. Pure. */
import { renderServerLine } from "../registry/server-line";
import type { CellPlacement, Estate } from "../registry/types";
import { settingsOf } from "./cell-settings";
import { STATIC_PARAMETERS } from "./server-parameters";
import type { StackConfig } from "./stack-config";

/** Cell to line, by cell. */
export const serverLinesOf = (estate: Estate, stack: string, config: StackConfig): Readonly<Record<string, string>> =>
  Object.fromEntries(estate.cells.map((cell) => [cell.name, lineOf(cell, stack, config)]));

function lineOf(cell: CellPlacement, stack: string, config: StackConfig): string {
  const { kind, leaving, region, postgres, key, allow = [] } = cell;
  const { instanceClass, diskGb, replicas = 0, replicaClass } = cell.server;
  const { identifier, adoption } = settingsOf(cell, stack, config);
  return renderServerLine({
    kind,
    leaving,
    instanceClass,
    diskGb,
    postgres,
    region,
    id: identifier,
    admin: adoption?.adminUsername ?? config.adminUsername,
    ...(key !== undefined && { key }),
    fixed: Object.fromEntries(STATIC_PARAMETERS.map(({ name, value }) => [name, value])),
    replicas,
    ...(replicaClass !== undefined && { replicaClass }),
    allow,
  });
}
