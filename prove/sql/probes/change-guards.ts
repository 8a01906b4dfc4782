/** Changes what Tenantry keeps of tenants, and what guards their tables. */
import { escapeIdentifier } from "pg";
import { qualified, WALL } from "../../../database/protection";
import { CONTROL_SCHEMA } from "../../../registry/names";
import type { Outcome, Probe } from "../../probe";
import { attackAs, loginsOf } from "../attack-as";
import type { Attacker } from "../attackers";
import type { SqlTarget } from "../cell";
import { type Attack, mustFail } from "../sessions";

const NAME = "change-guards";

export const changeGuards: Probe<SqlTarget> = {
  name: NAME,
  layer: "sql",
  attack:
    "Every login writes the tables of Tenantry itself, with counters, limits, keys and who is who, and takes triggers and checks off its own tables.",
  guard: "Nobody who logs in has a privilege on those tables, and no tenant's role owns a table of its schema.",
  async run(target) {
    const { rows } = await target.admin.query<ControlTable>(CONTROL_TABLES, [CONTROL_SCHEMA]);
    return await attackAs(NAME, target, loginsOf(target), (attacker) => [
      ...rows.flatMap(onControlTable),
      ...onOwnTables(attacker, target),
    ]);
  },
};

interface ControlTable {
  readonly name: string;
  readonly columns: readonly string[];
}

const CONTROL_TABLES = `
select c.relname as name, array_agg(a.attname::text order by a.attnum) as columns
from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
where c.relnamespace = to_regnamespace($1) and c.relkind in ('r', 'p') group by 1 order by 1`;

/** Privileges are asked for before rows are looked at, so that no row need be in reach. */
function onControlTable({ name, columns }: ControlTable): readonly Attack[] {
  const target = qualified(CONTROL_SCHEMA, name);
  const statements = [
    `insert into ${target} default values`,
    `delete from ${target} where false`,
    ...columns.map((column) => `update ${target} set ${escapeIdentifier(column)} = default where false`),
  ];
  return statements.map((statement) => ({ target, statement, succeeded: mustFail, failed: pastPrivileges }));
}

/** Whoever is stopped by the row alone could have written another one. */
const pastPrivileges = ({ code = "" }: { readonly code?: string | undefined }): Outcome | undefined =>
  code.startsWith("23") ? "through" : undefined;

/** Of an application that makes its tables itself, a tenant owns them. */
const onOwnTables = ({ schema }: Attacker, { filled }: SqlTarget): readonly Attack[] =>
  filled.flatMap(({ table }) => {
    if (table.schema !== schema) return [];
    const target = qualified(table.schema, table.name);
    const statements = [`alter table ${target} disable trigger user`, `alter table ${target} drop constraint ${WALL}`];
    return statements.map((statement) => ({ target, statement, succeeded: mustFail }));
  });
