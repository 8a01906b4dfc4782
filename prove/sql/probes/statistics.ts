/** Looks at what PostgreSQL keeps about tables and sessions. */
import { escapeLiteral } from "pg";
import { qualified } from "../../../database/protection";
import { POOLED_SCHEMA } from "../../../registry/names";
import type { Probe } from "../../probe";
import { attackAs, writersOf } from "../attack-as";
import type { Attacker } from "../attackers";
import type { SqlTarget } from "../cell";
import type { Attack } from "../sessions";

const NAME = "statistics";

export const statistics: Probe<SqlTarget> = {
  name: NAME,
  layer: "sql",
  attack: "Every login reads the most common values of other tenants' columns, and the statements that others run.",
  guard:
    "PostgreSQL shows them to those alone who may read the rows; counters and names are shown to all, which is accepted.",
  run: (target) => {
    const pooled = target.filled.find(({ table }) => table.schema === POOLED_SCHEMA)?.table;
    const table = pooled && qualified(pooled.schema, pooled.name);
    return attackAs(NAME, target, writersOf(target), (attacker) => attacksOf(attacker, table));
  },
};

/** `table`: one of the shared ones. */
function attacksOf({ login, schema, kind }: Attacker, table: string | undefined): readonly Attack[] {
  const foreign = schema === undefined ? "" : ` and schemaname <> ${escapeLiteral(schema)}`;
  const others = `where schemaname not in ('pg_catalog', 'information_schema')${foreign}`;
  const accepted = () => "accepted" as const;
  return [
    { target: "pg_stats", statement: `select 1 from pg_stats ${others} limit 1` },
    { target: "pg_stats_ext", statement: `select 1 from pg_stats_ext ${others} limit 1` },
    { target: "pg_stats_ext_exprs", statement: `select 1 from pg_stats_ext_exprs ${others} limit 1` },
    {
      target: "pg_stat_activity",
      statement: `select 1 from pg_stat_activity where usename <> ${escapeLiteral(login.user)} and query <> '' and query <> '<insufficient privilege>' limit 1`,
    },
    {
      target: "pg_stat_user_tables",
      statement: `select n_live_tup from pg_stat_user_tables ${others} limit 1`,
      succeeded: accepted,
    },
    { target: "pg_roles", statement: "select rolname from pg_roles", succeeded: accepted },
    ...(table !== undefined && (kind === "app" || kind === "reader")
      ? [{ target: "the planner", statement: `explain select from ${table}`, succeeded: accepted }]
      : []),
  ];
}
