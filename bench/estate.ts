/** An estate of 10,000 tenants as its registry files, and the desired state of one big cell: what the rows are run on. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DesiredCell } from "../database/types";
import { type PlanLine, renderPlanLine, renderTenantLine } from "../registry/lines";
import { defaultId } from "../registry/names";

export interface EstateShape {
  readonly pooled: number;
  readonly schema: number;
  readonly dedicated: number;
  /** Shared cells. */
  readonly cells: number;
}

export const TEN_THOUSAND: EstateShape = { pooled: 9480, schema: 500, dedicated: 20, cells: 20 };
export const tenantsOf = ({ pooled, schema, dedicated }: EstateShape): number => pooled + schema + dedicated;

const REGIONS = ["eu-west-1", "us-east-1"] as const;

export const slugOf = (kind: string, n: number): string => `${kind}-${String(n).padStart(5, "0")}`;

export interface RegistryFiles {
  readonly dir: string;
  /** Changes one line of the tenants' file: what a pull request of one line does. */
  edit(slug: string, from: string, to: string): void;
}

/** Lends a directory with `plans.yaml` and `bench.yaml`. */
export async function withRegistry<T>(shape: EstateShape, act: (files: RegistryFiles) => Promise<T>): Promise<T> {
  const dir = mkdtempSync(join(tmpdir(), "tenantry-estate-"));
  try {
    mkdirSync(dir, { recursive: true });
    const tenants = join(dir, "bench.yaml");
    let text = renderTenants(shape);
    writeFileSync(join(dir, "plans.yaml"), PLANS_YAML);
    writeFileSync(tenants, text);
    const edit = (slug: string, from: string, to: string) => {
      const edited = text.replace(new RegExp(`^(  ${slug}: .*)${from}`, "m"), `$1${to}`);
      if (edited === text) throw new Error(`the line of ${slug} has no "${from}"`);
      text = edited;
      writeFileSync(tenants, text);
    };
    return await act({ dir, edit });
  } finally {
    rmSync(dir, { recursive: true });
  }
}

function renderTenants(shape: EstateShape): string {
  const cellOf = (n: number) => `${REGIONS[n % REGIONS.length]}-${(n % shape.cells) + 1}`;
  const cells = range(shape.cells).map((n) => {
    const region = REGIONS[n % REGIONS.length];
    return `  ${cellOf(n)}: { region: ${region}, instanceClass: db.r7g.4xlarge, diskGb: 500 }`;
  });
  const tenants = range(tenantsOf(shape)).map((n) => `  ${slugOf("customer", n)}: { ${place(n)} }`);
  function place(n: number): string {
    if (n < shape.pooled) return `plan: ${POOLED_PLANS[n % POOLED_PLANS.length]}, cell: ${cellOf(n)}`;
    if (n < shape.pooled + shape.schema) return `plan: growth, cell: ${cellOf(n)}`;
    return `plan: enterprise, region: ${REGIONS[n % REGIONS.length]}`;
  }
  return ["cells:", ...cells, "tenants:", ...tenants, ""].join("\n");
}

const POOLED_PLANS = ["free", "starter", "pro"] as const;

const PLANS_YAML = `plans:
  free: { tier: pooled, workMem: 32MB, statementTimeout: 10s, quotas: { topics: 3 } }
  starter: { tier: pooled, workMem: 64MB, statementTimeout: 15s, quotas: { topics: 10 } }
  pro: { tier: pooled, workMem: 128MB, statementTimeout: 30s, quotas: { topics: 100 } }
  growth: { tier: schema, workMem: 128MB, statementTimeout: 30s, connections: 25, quotas: { topics: 500 } }
  enterprise: { tier: dedicated, workMem: 256MB, statementTimeout: 60s, connections: 50, instanceClass: db.m7g.large, diskGb: 100 }
`;

const limits = (tier: PlanLine["tier"], workMemMb: number, statementTimeoutMs: number, topics: number): PlanLine => ({
  tier,
  workMemMb,
  statementTimeoutMs,
  idleInTransactionTimeoutMs: 60_000,
  transactionTimeoutMs: 3_600_000,
  ownTables: false,
  quotas: { topics },
  ...(tier === "schema" && { connections: 25 }),
});

const PLANS: Readonly<Record<string, PlanLine>> = {
  free: limits("pooled", 32, 10_000, 3),
  starter: limits("pooled", 64, 15_000, 10),
  pro: limits("pooled", 128, 30_000, 100),
  growth: limits("schema", 128, 30_000, 500),
};

export interface CellShape {
  readonly pooled: number;
  readonly schema: number;
}

/** One cell with so many tenants, `pooled-00000` and `schema-00000` on. */
export function desiredCell({ pooled, schema }: CellShape): DesiredCell {
  const lines = [
    ...range(pooled).map((n) => [slugOf("pooled", n), pooledLine(n)] as const),
    ...range(schema).map((n) => [slugOf("schema", n), schemaLine(n)] as const),
  ];
  const plans = Object.entries(PLANS).map(([name, plan]) => [name, renderPlanLine(plan)] as const);
  return { cell: "bench", tenants: Object.fromEntries(lines), plans: Object.fromEntries(plans) };
}

function pooledLine(n: number): string {
  const plan = POOLED_PLANS[n % POOLED_PLANS.length] ?? "free";
  const id = defaultId(slugOf("pooled", n));
  return renderTenantLine({ tier: "pooled", plan, status: "active", ownTables: false, quotas: {}, id });
}

/** The line of a schema tenant on the plan `growth`; `connections` is what an edit changes. */
export function schemaLine(n: number, connections = 25): string {
  const id = defaultId(slugOf("schema", n));
  const plan = { plan: "growth", status: "active", ownTables: false, quotas: {} } as const;
  return renderTenantLine({ tier: "schema", ...plan, connections, id });
}

const range = (length: number) => Array.from({ length }, (_, n) => n);
