/** All tenants of a cell as one resource: a thin shell round `database/`. */
import { join } from "node:path";
import type { provider } from "@pulumi/pulumi";
import { reconcile } from "../database/reconcile";
import { removeCellSecrets } from "../database/remove-secrets";
import { report } from "../database/report";
import { assertRetirable } from "../database/retire";
import type { CellState } from "../database/types";
import { TenantryError } from "../registry/errors";
import { refusals } from "../registry/transition";
import { cellDiffers } from "./diff-cell";
import { PROJECT_DIR, parseCell, parseLines } from "./inputs";
import { PartialFailure } from "./partial-failure";
import type { DiffOf, ResourceType } from "./resource";
import { type OpenStore, openVault } from "./secret-store";
import { open, type Props } from "./wire";

export const CELL_TENANTS = "tenantry:index:CellTenants";

export class CellTenants implements ResourceType {
  constructor(
    private readonly openStore: OpenStore = openVault,
    private readonly sqlDir = join(PROJECT_DIR, "sql"),
  ) {}

  check(olds: Props, news: Props): readonly provider.CheckFailure[] {
    const [before, after] = [open(olds.cell), open(news.cell)];
    const renamed =
      before !== undefined && before !== after
        ? [{ property: "cell", reason: `the cell is ${before} and cannot become ${after}: a cell keeps its name` }]
        : [];
    return [...renamed, ...refusedLines(olds, news)];
  }

  diff(olds: Props, news: Props): DiffOf {
    return { changes: cellDiffers(olds, news), computed: ["directory", "shared"] };
  }

  async create(inputs: Props): Promise<{ id: string; outs: Props }> {
    return { id: parseCell(inputs).cell, outs: await this.#apply(inputs) };
  }

  async update(news: Props): Promise<{ outs: Props }> {
    return { outs: await this.#apply(news) };
  }

  /** Never gives `inputs`: the engine would store the opened secrets in them as plain text. */
  async read(id: string, props: Props): Promise<{ id: string; props: Props }> {
    return { id, props: withState(props, await report(parseCell(props))) };
  }

  async delete(props: Props): Promise<void> {
    const { vault, ...cell } = parseCell(props);
    if (process.env.TENANTRY_DELETE_ACTIVE !== "yes") await assertRetirable(cell);
    await removeCellSecrets(cell, this.openStore(vault));
  }

  /** @throws PartialFailure when some tenants could not be done. */
  async #apply(inputs: Props): Promise<Props> {
    const { connection, vault, ...desired } = parseCell(inputs);
    const secrets = this.openStore(vault);
    const { state, failures } = await reconcile({ connection, desired, secrets, sqlDir: this.sqlDir });
    const outs = withState(inputs, state);
    if (failures.length === 0) return outs;
    const reasons = failures.map(({ subject, reason }) => `${subject}: ${reason}`);
    const { message } = new TenantryError(
      "TN-203",
      `cell ${desired.cell}: ${counted(failures.length)} failed, the rest is done`,
    );
    throw new PartialFailure(message, desired.cell, outs, reasons);
  }
}

/** The properties as they came, secrets still wrapped, with what the database reports. */
const withState = (props: Props, { tenants, directory, shared }: CellState): Props => ({
  ...props,
  tenants,
  directory,
  shared,
});

const counted = (count: number) => (count === 1 ? "1 part" : `${count} parts`);

/** What the lines alone tell at preview: a tenant that vanished, moved or became another one. */
export function refusedLines(olds: Props, news: Props): readonly provider.CheckFailure[] {
  if (olds.tenants === undefined) return [];
  return refusals(parseLines(olds.tenants, "tenants"), parseLines(news.tenants, "tenants")).map(({ slug, reason }) => ({
    property: `tenants.${slug}`,
    reason: `${reason} [TN-204]`,
  }));
}
