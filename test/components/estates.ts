/** Estates and stacks for tests, written as the registry would place them. */
import type { Stack } from "../../components/load-stack";
import { parseStackConfig } from "../../components/stack-config";
import {
  parseTenantLine,
  renderPlanLine,
  renderRosterLine,
  renderTenantLine,
  type TenantLine,
} from "../../registry/lines";
import { defaultId } from "../../registry/names";
import type { CellPlacement, Estate, Status } from "../../registry/types";

export interface EstateSize {
  readonly pooled: number;
  readonly schema: number;
  readonly dedicated: number;
  /** Shared cells; tenants are dealt out to them in turn. */
  readonly cells: number;
}

export const SIZE = { instanceClass: "db.r7g.xlarge", diskGb: 500 };
const REGION = "eu-west-1";

/** The canonical line of a tenant without overrides. */
export function lineOf(slug: string, tier: TenantLine["tier"], status: Status = "active"): string {
  const plan = { pooled: "free", schema: "growth", dedicated: "enterprise" }[tier];
  const limits = tier === "pooled" ? {} : { connections: 25 };
  return renderTenantLine({ tier, plan, status, ownTables: false, quotas: {}, id: defaultId(slug), ...limits });
}

/** A shared cell with the tenants of `lines`. */
export function sharedCell(name: string, lines: Readonly<Record<string, string>>, region = REGION): CellPlacement {
  return {
    name,
    kind: "shared",
    region,
    server: SIZE,
    postgres: 17,
    extensions: [],
    backup: {},
    leaving: false,
    lines,
  };
}

/** The cell of one dedicated tenant; `changes` are laid over it. */
export function dedicatedCell(slug: string, changes: Partial<CellPlacement> = {}): CellPlacement {
  const lines = { [slug]: lineOf(slug, "dedicated", changes.leaving ? "offboarding" : "active") };
  return { ...sharedCell(slug, lines), kind: "dedicated", ...changes };
}

export function estateOf(cells: readonly CellPlacement[]): Estate {
  const roster = cells.flatMap(({ name, region, leaving, lines }) =>
    Object.entries(lines).map(([slug, line]) => {
      const { tier, ownTables, id } = parseTenantLine(line);
      return [slug, renderRosterLine({ tier, ownTables, id, offboarding: leaving, cell: name, region })];
    }),
  );
  return {
    cells,
    plans: {
      free: renderPlanLine({ tier: "pooled", workMemMb: 32, statementTimeoutMs: 10_000, ownTables: false, quotas: {} }),
    },
    regions: [...new Set(cells.map(({ region }) => region))].sort(),
    roster: Object.fromEntries(roster),
  };
}

/** An estate of a given size. */
export function largeEstate({ pooled, schema, dedicated, cells }: EstateSize): Estate {
  const lines: Record<string, string>[] = Array.from({ length: cells }, () => ({}));
  const deal = (tier: "pooled" | "schema", count: number) => {
    for (let i = 0; i < count; i++) {
      const home = lines[i % cells];
      const slug = `${tier}-${i}`;
      if (home) home[slug] = lineOf(slug, tier);
    }
  };
  deal("pooled", pooled);
  deal("schema", schema);
  const shared = lines.map((tenants, i) => sharedCell(`eu-${i + 1}`, tenants));
  const own = Array.from({ length: dedicated }, (_, i) => dedicatedCell(`dedicated-${i}`));
  return estateOf([...shared, ...own]);
}

/** Everything that a stack can have is configured, unless `changes` or `without` say otherwise. */
export function stackOf(
  estate: Estate,
  changes: Readonly<Record<string, string>> = {},
  without: readonly string[] = [],
): Stack {
  const regions = Object.fromEntries(
    [...estate.regions, REGION].map((region) => [
      region,
      {
        vpcId: "vpc-0123456789abcdef0",
        subnetIds: ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"],
        clientSecurityGroupIds: ["sg-0123456789abcdef0"],
        backupCopyRegion: "eu-central-1",
      },
    ]),
  );
  const raw = {
    vaultAddress: "https://vault.example.com:8200",
    bucketPrefix: "example",
    brokerRoleArn: "arn:aws:iam::111122223333:role/session-broker",
    kubernetesAuth: JSON.stringify({
      host: "https://kubernetes.example.com",
      application: { namespaces: ["shop"], serviceAccounts: ["api"] },
    }),
    regions: JSON.stringify(regions),
    ...changes,
  };
  const config = parseStackConfig(Object.fromEntries(Object.entries(raw).filter(([key]) => !without.includes(key))));
  return { name: "test", config, estate, sql: { "tenant/0001_accounts.sql": "0123456789ab" } };
}
