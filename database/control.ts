/** The control schema of a cell: made from `sql/cell`, all new files in one transaction: a killed run leaves no half of it. */
import { type Client, escapeLiteral } from "pg";
import { TenantryError } from "../registry/errors";
import { CELL_ROLES, CONTROL_SCHEMA } from "../registry/names";
import { type Ledger, ledgerOf, pendingFiles } from "./ledger";
import { reasonOf } from "./reason";
import { readShape } from "./shape";
import type { SqlFile } from "./table-files";

/**
 * Applies the files that the control schema does not have yet, and notes what it then looks like: drift is told against
 * that. Gives the number of files that were applied.
 * @throws TenantryError TN-307 for a changed file, TN-318 for one that fails.
 */
export async function applyControl(
  client: Client,
  files: readonly SqlFile[],
  ledgers: Readonly<Record<string, Ledger>> = {},
): Promise<number> {
  const pending = pendingFiles("cell", files, ledgers[CONTROL_SCHEMA] ?? "");
  if (pending.length === 0) return 0;
  await client.query("begin");
  for (const file of pending) {
    try {
      await client.query(renderFile(file));
    } catch (error) {
      await client.query("rollback");
      throw new TenantryError("TN-318", `sql/cell/${file.name} fails: ${reasonOf(error)}`);
    }
  }
  await noteShape(client, ledgerOf(files));
  await client.query("commit");
  return pending.length;
}

const renderFile = (file: SqlFile) => `
create schema if not exists ${CONTROL_SCHEMA} authorization ${CELL_ROLES.control};
set local role ${CELL_ROLES.control};
${file.sql}
;
insert into tenantry.migrations (schema_name, file, digest)
values (${[CONTROL_SCHEMA, file.name, file.digest].map(escapeLiteral).join(", ")});
set local role none`;

async function noteShape(client: Client, files: Ledger): Promise<void> {
  const { digest, items } = await readShape(client, { schema: CONTROL_SCHEMA });
  await client.query(
    `insert into tenantry.shapes (kind, files, basis, digest, items, tables) values ('control', $1, '', $2, $3, '[]')
     on conflict (kind, files) do update set digest = excluded.digest, items = excluded.items`,
    [files, digest, JSON.stringify(items)],
  );
}
