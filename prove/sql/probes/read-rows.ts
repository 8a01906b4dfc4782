/** Reads every table, view, sequence and partition, as everybody. */
import { escapeLiteral } from "pg";
import { qualified } from "../../../database/protection";
import { CELL_ROLES, CONTROL_SCHEMA, POOLED_SCHEMA } from "../../../registry/names";
import type { Attempt, Probe } from "../../probe";
import type { Attacker } from "../attackers";
import type { Relation } from "../catalog";
import type { SqlTarget } from "../cell";
import type { Attack } from "../sessions";

const NAME = "read-rows";
const SHARED: readonly string[] = [POOLED_SCHEMA, CONTROL_SCHEMA];

/**
 * Statements of all tenants' own logins together. Beyond, each attacks what is made for the proof, what is shared, and the tenants
 * that follow it by name, so that every tenant is attacked by some and nobody waits for the square of their number.
 */
const OWN_LOGINS_LIMIT = 20_000;

export const readRows: Probe<SqlTarget> = {
  name: NAME,
  layer: "sql",
  attack: "Every login reads every table, view, materialized view, foreign table, partition and sequence of the cell.",
  guard:
    "Row security is forced on the shared tables, with a restrictive wall; in a tenant's own schema one role has privileges.",
  async run(target) {
    const attempts: Attempt[] = [...target.missing, ...unfilled(target)];
    for (const attacker of target.attackers) {
      const attacks = inReach(attacker, target).flatMap((relation) => readings(attacker, relation));
      attempts.push(...(await target.sessions.attack(NAME, attacker, attacks)));
      if (!attacker.mayWrite) await target.sessions.close(attacker.login); // no other probe needs it
    }
    return attempts;
  },
};

/** Tables that hold nothing to be stolen: whatever is found there proves nothing. */
const unfilled = ({ cell, filled }: SqlTarget): readonly Attempt[] =>
  filled.flatMap(({ table, unfilled: answer }) =>
    answer === undefined
      ? []
      : [
          {
            probe: NAME,
            where: cell,
            who: "everybody",
            target: qualified(table.schema, table.name),
            statement: "",
            outcome: "untried" as const,
            answer,
          },
        ],
  );

function inReach(attacker: Attacker, { catalog, attackers, probes }: SqlTarget): readonly Relation[] {
  // A context says something in the shared tables alone: elsewhere the login without one has tried already.
  if (attacker.context !== undefined) return catalog.relations.filter(({ schema }) => SHARED.includes(schema));
  const customers = attackers.filter(({ mayWrite }) => !mayWrite);
  if (attacker.mayWrite || customers.length * catalog.relations.length <= OWN_LOGINS_LIMIT) return catalog.relations;
  const schemas = customers.flatMap(({ schema = "" }) => schema);
  const each = Math.max(
    1,
    Math.floor((OWN_LOGINS_LIMIT / catalog.relations.length / customers.length) * schemas.length),
  );
  const own = schemas.indexOf(attacker.schema ?? "");
  const next = new Set([...schemas, ...schemas].slice(own, own + each + 1));
  const made = new Set(probes.housed.map(({ schema }) => schema));
  return catalog.relations.filter(({ schema }) => next.has(schema) || made.has(schema) || !schemas.includes(schema));
}

function readings(attacker: Attacker, relation: Relation): readonly Attack[] {
  const name = qualified(relation.schema, relation.name);
  const own = relation.schema === attacker.schema;
  if (own && (!relation.hasTenant || relation.strange)) return []; // whatever is there is its own
  if (relation.strange) {
    const statement = `select 1 where pg_catalog.has_any_column_privilege(${escapeLiteral(name)}, 'select')`;
    return [{ target: name, statement }];
  }
  const foreign =
    relation.hasTenant && attacker.tenantId !== undefined && (own || relation.schema === POOLED_SCHEMA)
      ? ` where tenant_id is distinct from ${escapeLiteral(attacker.tenantId)}`
      : "";
  const what = relation.kind === "S" ? "last_value" : "1";
  const statement = `select ${what} from ${name}${foreign} limit 1`;
  const byDesign = isByDesign(attacker, relation);
  return [{ target: name, statement, ...(byDesign ? { succeeded: () => "accepted" as const } : {}) }];
}

/** A migrator is the owner of the tables, and row security is forced on it in the shared ones alone, not in their partitions. */
function isByDesign({ kind }: Attacker, { owner, schema, partition, extension }: Relation): boolean {
  const unforced = owner === CELL_ROLES.owner && (schema !== POOLED_SCHEMA || partition);
  return extension || (kind === "migrator" && unforced);
}
