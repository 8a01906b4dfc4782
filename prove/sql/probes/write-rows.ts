/** Writes rows as somebody else, and changes and deletes somebody else's: those of probe tenants, and never for good. */
import { type DatabaseError, escapeIdentifier, escapeLiteral } from "pg";
import { qualified, WALL } from "../../../database/protection";
import { POOLED_SCHEMA } from "../../../registry/names";
import type { Outcome, Probe } from "../../probe";
import { attackAs, writersOf } from "../attack-as";
import type { Attacker } from "../attackers";
import type { SqlTarget } from "../cell";
import type { ProbeTenants } from "../probe-tenants";
import { type FilledTable, OWN_TABLE, type Row } from "../rows";
import { type Answer, type Attack, isDenied } from "../sessions";

const NAME = "write-rows";

export const writeRows: Probe<SqlTarget> = {
  name: NAME,
  layer: "sql",
  attack:
    "Every login inserts, upserts, updates, merges, locks and deletes rows of another tenant in every table, and gives its own rows away.",
  guard:
    "The wall holds for what is written too; a tenant's own tables check `tenant_id`, and have it as a literal default.",
  async run(target) {
    const { filled, probes } = target;
    const victims = [probes.pooled?.b, probes.housed[1]].flatMap((victim) => victim ?? []);
    return await attackAs(NAME, target, writersOf(target), (attacker) => [
      ...onTheirOwnTable(attacker, probes),
      ...filled.flatMap((table) =>
        victims.filter(({ id }) => id !== attacker.tenantId).flatMap((victim) => attacksOn(table, attacker, victim.id)),
      ),
    ]);
  },
};

/** On the victim's own table, and on the attacker's, where nothing of the victim may be put. */
function attacksOn(filled: FilledTable, attacker: Attacker, victim: string): readonly Attack[] {
  const row = filled.rows.get(victim);
  const own = attacker.tenantId === undefined ? undefined : filled.rows.get(attacker.tenantId);
  if (row !== undefined)
    return [...onTheirs(filled, row, victim), ...(own ? onOwn(filled, own, attacker, victim) : [])];
  return own !== undefined && filled.table.schema !== POOLED_SCHEMA ? onOwn(filled, own, attacker, victim) : [];
}

/** Of an application that makes its tables itself. */
function onTheirOwnTable({ schema }: Attacker, { tables, housed }: ProbeTenants): readonly Attack[] {
  const victim = housed.find((house) => house.schema !== schema);
  if (tables === "managed" || victim === undefined) return [];
  const target = qualified(victim.schema, OWN_TABLE);
  const statements = [
    `insert into ${target} values (2, 'probe')`,
    `update ${target} set body = 'x'`,
    `delete from ${target}`,
    `select 1 from ${target} for update`,
  ];
  return statements.map((statement) => ({ target, statement }));
}

function onTheirs({ table }: FilledTable, row: Row, victim: string): readonly Attack[] {
  const target = qualified(table.schema, table.name);
  const id = escapeLiteral(victim);
  const insert = renderInsert(target, row);
  const statements = [
    insert,
    `${insert} on conflict do nothing`,
    `update ${target} set tenant_id = tenant_id where tenant_id = ${id}`,
    `delete from ${target} where tenant_id = ${id}`,
    `merge into ${target} t using (select ${id}::uuid as id) v on t.tenant_id = v.id when matched then delete`,
    `select 1 from ${target} where tenant_id = ${id} for update`,
  ];
  return statements.map((statement) => ({ target, statement, succeeded, failed }));
}

function onOwn({ table }: FilledTable, own: Row, { tenantId = "" }: Attacker, victim: string): readonly Attack[] {
  const target = qualified(table.schema, table.name);
  const { tenant_id: _, ...unnamed } = own;
  return [
    { target, statement: renderInsert(target, { ...own, tenant_id: victim }), succeeded, failed },
    {
      target,
      statement: `update ${target} set tenant_id = ${escapeLiteral(victim)} where tenant_id = ${escapeLiteral(tenantId)}`,
      succeeded,
      failed,
    },
    {
      target,
      statement: `${renderInsert(target, unnamed)} returning tenant_id`,
      succeeded: ({ rows }: Answer): Outcome => (rows.every(([id]) => id === tenantId) ? "nothing" : "through"),
      failed: (error) => (namesOther(error, tenantId) ? "through" : keyOf(error) ? "nothing" : failed(error)),
    },
  ];
}

/** Whoever is stopped by a key alone has passed the wall. */
const failed = (error: DatabaseError): Outcome | undefined => {
  if (error.code === "23514" && error.constraint === WALL) return "refused";
  return keyOf(error) ? "through" : undefined;
};

const keyOf = ({ code = "" }: DatabaseError): boolean => ["23001", "23503", "23505"].includes(code);

const succeeded = ({ count }: Answer): Outcome => (count > 0 ? "through" : "nothing");

/** A key is told with its values: its tenant must be the attacker. */
const namesOther = (error: DatabaseError, tenantId: string): boolean =>
  !isDenied(error) && /\(tenant_id[,)]/.test(error.detail ?? "") && !(error.detail ?? "").includes(tenantId);

/** Values as literals without a type: they become what the column is. */
export function renderInsert(target: string, row: Row): string {
  const columns = Object.keys(row).map(escapeIdentifier).join(", ");
  const values = Object.values(row).map((value) => (value === null ? "null" : escapeLiteral(value)));
  return `insert into ${target} (${columns}) values (${values.join(", ")})`;
}
