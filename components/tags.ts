/** Tags of AWS resources. Keys begin with `tenantry:`, so that none can be taken for the session tag of tenant files. */
export type Tags = Readonly<Record<string, string>>;

export const STACK_TAG = "tenantry:stack";
/** Says which backup plan takes a server; the selection of that plan looks for it, and the plan carries it too. */
export const BACKUP_TAG = "tenantry:backup";
/** The only regions for what carries it, separated by spaces. The policy `region-within-residency` holds it. */
const RESIDENCY_TAG = "tenantry:residency";

/** What every resource of a region carries, through its provider. */
export function defaultTags(stack: string, owner?: string): Tags {
  return { [STACK_TAG]: stack, ...(owner === undefined ? {} : { "tenantry:owner": owner }) };
}

export interface CellTagValues {
  readonly cell: string;
  /** Of a dedicated tenant; a shared cell has none. */
  readonly plan?: string;
  /** The only regions for the data and its copies. @default any */
  readonly residency?: readonly string[];
}

/** What a cell's own resources carry. */
export function cellTags({ cell, plan, residency }: CellTagValues): Tags {
  return {
    "tenantry:cell": cell,
    ...(plan === undefined ? {} : { "tenantry:plan": plan }),
    ...(residency === undefined ? {} : { [RESIDENCY_TAG]: residency.join(" ") }),
  };
}
