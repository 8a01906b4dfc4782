/** Calls every function of the cell, and looks for another tenant in what it gives. */
import { type DatabaseError, escapeLiteral } from "pg";
import { qualified } from "../../../database/protection";
import type { Probe } from "../../probe";
import { attackAs, writersOf } from "../attack-as";
import type { Attacker } from "../attackers";
import type { Routine } from "../catalog";
import type { SqlTarget } from "../cell";
import type { Answer, Attack } from "../sessions";

const CALL = "call-functions";
const PATH = "definer-paths";
const UUIDS = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

export const callFunctions: Probe<SqlTarget> = {
  name: CALL,
  layer: "sql",
  attack:
    "Every login calls every function but PostgreSQL's own, with and without a context, with another tenant's id and name.",
  guard: "Nobody but those named may execute a function; those that run as their owner give nothing of anybody else's.",
  async run(target) {
    const { catalog, probes } = target;
    const others = new Set([...catalog.tenants, ...probes.housed, ...shared(probes)].map(({ id }) => id));
    const victim = probes.pooled?.b ?? probes.housed[1];
    const routines = catalog.routines.filter(({ extension, trigger }) => !extension && !trigger);
    return await attackAs(CALL, target, writersOf(target), (attacker) =>
      routines.map((routine) => callOf(routine, attacker, victim, others)),
    );
  },
};

const shared = ({ pooled }: SqlTarget["probes"]) => (pooled === undefined ? [] : [pooled.a, pooled.b, pooled.empty]);

function callOf(
  routine: Routine,
  { tenantId }: Attacker,
  victim: { readonly id: string; readonly slug: string },
  others: ReadonlySet<string>,
): Attack {
  const target = qualified(routine.schema, routine.name);
  if (routine.strange) {
    const statement = `select 1 where pg_catalog.has_function_privilege(${escapeLiteral(routine.signature)}, 'execute')`;
    return { target: routine.signature, statement };
  }
  const args = routine.args.map((type) => argument(type, victim)).join(", ");
  const statement = routine.procedure
    ? `call ${target}(${args})`
    : `select to_json(given)::text from (select * from ${target}(${args}) as given limit 1000) given`;
  const succeeded = ({ rows }: Answer) => {
    const named = rows.flatMap(([text]) => (typeof text === "string" ? (text.match(UUIDS) ?? []) : []));
    return named.some((id) => id !== tenantId && others.has(id)) ? ("through" as const) : ("nothing" as const);
  };
  // The function ran, and did not like what it was given.
  const failed = ({ code = "" }: DatabaseError) =>
    /^(22|23|P0|0A|42809|42P13|T)/.test(code) ? ("nothing" as const) : undefined;
  return { target: `${target}(${routine.args.join(", ")})`, statement, succeeded, failed };
}

function argument(type: string, { id, slug }: { readonly id: string; readonly slug: string }): string {
  const value =
    type === "uuid"
      ? escapeLiteral(id)
      : ["text", "name", "character varying"].includes(type)
        ? escapeLiteral(slug)
        : "null";
  return `${value}::${type}`;
}

export const definerPaths: Probe<SqlTarget> = {
  name: PATH,
  layer: "sql",
  attack: "A function that runs as its owner finds names where its caller says. This is looked up, not tried.",
  guard: "Each of them has a `search_path` of its own.",
  run: async ({ cell, catalog }) =>
    catalog.routines
      .filter(
        ({ definer, extension, executors, owner }) => definer && !extension && executors.some((role) => role !== owner),
      )
      .map(({ schema, name, args, executors, fixedPath }) => ({
        probe: PATH,
        where: cell,
        who: executors.join(", "),
        target: `${qualified(schema, name)}(${args.join(", ")})`,
        statement: `select proconfig from pg_proc where proname = ${escapeLiteral(name)}`,
        outcome: fixedPath ? ("refused" as const) : ("through" as const),
        answer: fixedPath ? "it has a search_path of its own" : "it runs as its owner, under the caller's search_path",
      })),
};
