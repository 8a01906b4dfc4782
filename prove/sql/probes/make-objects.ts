/** Makes what could be used to get round a wall: tables, views, functions, operators, temporary ones among them. */
import { escapeIdentifier } from "pg";
import type { Probe } from "../../probe";
import { attackAs, loginsOf } from "../attack-as";
import type { Attacker } from "../attackers";
import type { SqlTarget } from "../cell";
import { type Attack, mustFail } from "../sessions";

const NAME = "make-objects";

/** A function that tells what it is shown: PostgreSQL may run a cheap one before the wall, unless it is not leakproof. */
const leak = (schema: string) =>
  `create function ${schema}.tenantry_probe_leak(text) returns boolean language plpgsql cost 0.0000001 ` +
  "as 'begin raise notice ''%'', $1; return true; end'";

export const makeObjects: Probe<SqlTarget> = {
  name: NAME,
  layer: "sql",
  attack:
    "Every login makes schemas, tables, views, operators, casts, publications, and functions such as a cheap one that leaks what it is shown.",
  guard: "Nobody but the owner may make anything in a schema, temporary objects included.",
  run: (target) =>
    attackAs(
      NAME,
      target,
      loginsOf(target).filter(({ kind }) => kind !== "migrator"),
      (attacker) => {
        const own = target.probes.tables === "own" ? attacker.schema : undefined;
        const schemas = target.catalog.schemas.filter((schema) => schema !== own);
        return [...schemas.flatMap((schema) => inSchema(escapeIdentifier(schema))), ...anywhere(attacker)];
      },
    ),
};

const inSchema = (schema: string): readonly Attack[] =>
  [
    `create table ${schema}.tenantry_probe_table (id integer)`,
    `create view ${schema}.tenantry_probe_view as select 1`,
    leak(schema),
    `create type ${schema}.tenantry_probe_type as (id integer)`,
    `create operator ${schema}.<<< (leftarg = text, rightarg = text, function = pg_catalog.texteq)`,
  ].map((statement) => ({ target: schema, statement, succeeded: mustFail }));

const anywhere = ({ login }: Attacker): readonly Attack[] =>
  [
    "create schema tenantry_probe_schema",
    "create temporary table tenantry_probe_table (id integer)",
    "create temporary view tenantry_probe_view as select 1",
    leak("pg_temp"),
    "create cast (text as uuid) with inout as implicit",
    "create publication tenantry_probe_publication for all tables",
    "create foreign data wrapper tenantry_probe_wrapper",
    "create event trigger tenantry_probe_trigger on ddl_command_end execute function pg_catalog.suppress_redundant_updates_trigger()",
    `alter default privileges for role ${escapeIdentifier("tenantry_owner")} grant select on tables to ${escapeIdentifier(login.user)}`,
  ].map((statement) => ({ target: "the database", statement, succeeded: mustFail }));
