/** The control schema of a cell: made from `sql/cell` and the quotas of the tables, all in one transaction: a killed run leaves no half of it. */
import { type Client, escapeLiteral } from "pg";
import { TenantryError } from "../registry/errors";
import { CELL_ROLES, CONTROL_SCHEMA } from "../registry/names";
import type { CellFacts } from "./cell-facts";
import type { Quota } from "./directives";
import { type Ledger, ledgerOf, pendingFiles } from "./ledger";
import { renderQuotaFunctions } from "./quota-functions";
import { reasonOf } from "./reason";
import { readShape } from "./shape";
import { digestOf, type SqlFile } from "./table-files";

/** What a control schema is made from. */
export interface ControlSource {
  /** Those of `sql/cell`. */
  readonly files: readonly SqlFile[];
  /** What the application's tables are counted for. */
  readonly quotas: readonly Quota[];
}

/**
 * Applies the files that the control schema does not have yet, makes the functions that count, and notes what it then looks
 * like: drift is told against that. Gives whether anything was done.
 * @throws TenantryError TN-307 for a changed file, TN-318 for one that fails.
 */
export async function applyControl(
  client: Client,
  { files, quotas }: ControlSource,
  { ledgers, shapes }: Pick<CellFacts, "ledgers" | "shapes"> = { ledgers: {}, shapes: [] },
): Promise<boolean> {
  const pending = pendingFiles("cell", files, ledgers[CONTROL_SCHEMA] ?? "");
  const functions = renderQuotaFunctions(quotas);
  const basis = digestOf(functions);
  const ledger = ledgerOf(files);
  const noted = shapes.some((shape) => shape.kind === "control" && shape.files === ledger && shape.basis === basis);
  if (pending.length === 0 && noted) return false;
  await client.query("begin");
  for (const file of pending) {
    try {
      await client.query(renderFile(file));
    } catch (error) {
      await client.query("rollback");
      throw new TenantryError("TN-318", `sql/cell/${file.name} fails: ${reasonOf(error)}`);
    }
  }
  await client.query(`set local role ${CELL_ROLES.control};\n${functions}\nset local role none`);
  await noteShape(client, ledger, basis);
  await client.query("commit");
  return true;
}

const renderFile = (file: SqlFile) => `
create schema if not exists ${CONTROL_SCHEMA} authorization ${CELL_ROLES.control};
set local role ${CELL_ROLES.control};
${file.sql}
;
insert into tenantry.migrations (schema_name, file, digest)
values (${[CONTROL_SCHEMA, file.name, file.digest].map(escapeLiteral).join(", ")});
set local role none`;

async function noteShape(client: Client, files: Ledger, basis: string): Promise<void> {
  const { digest, items } = await readShape(client, { schema: CONTROL_SCHEMA });
  await client.query(
    `insert into tenantry.shapes (kind, files, basis, digest, items, tables) values ('control', $1, $4, $2, $3, '[]')
     on conflict (kind, files) do update set basis = excluded.basis, digest = excluded.digest, items = excluded.items`,
    [files, digest, JSON.stringify(items), basis],
  );
}
