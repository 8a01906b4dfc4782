/** Becomes somebody else, or gives itself more than it has. */
import { escapeIdentifier } from "pg";
import { CELL_ROLES, roleOf } from "../../../registry/names";
import type { Probe } from "../../probe";
import { attackAs, loginsOf } from "../attack-as";
import type { Attacker } from "../attackers";
import type { SqlTarget } from "../cell";
import { type Attack, mustFail } from "../sessions";

const NAME = "become-others";

export const becomeOthers: Probe<SqlTarget> = {
  name: NAME,
  layer: "sql",
  attack:
    "Every login takes every role of the server by `set role` and `set session authorization`, and grants itself roles and attributes.",
  guard: "A login is a member of its own role alone, and none makes or changes roles.",
  run: (target) =>
    attackAs(NAME, target, loginsOf(target), (attacker) => [...taking(attacker, target), ...growing(attacker, target)]),
};

function taking(attacker: Attacker, { catalog, probes }: SqlTarget): readonly Attack[] {
  const own = ownRoles(attacker, probes);
  return catalog.roles
    .filter((role) => !own.includes(role))
    .flatMap((role) => {
      const name = escapeIdentifier(role);
      const byDesign = attacker.kind === "migrator" && role === CELL_ROLES.owner;
      return [
        { target: role, statement: `set local role ${name}`, succeeded: () => (byDesign ? "accepted" : "through") },
        { target: role, statement: `set local session authorization ${name}`, succeeded: mustFail },
      ];
    });
}

function ownRoles({ login, tenantId }: Attacker, { housed }: SqlTarget["probes"]): readonly string[] {
  const house = housed.find(({ id }) => id === tenantId);
  return [login.user, ...(house ? [roleOf(house.slug), CELL_ROLES.tenants] : [])];
}

/** What is aimed at is a probe tenant's, or the attacker itself. */
function growing({ login }: Attacker, { probes }: SqlTarget): readonly Attack[] {
  const me = escapeIdentifier(login.user);
  const victim = probes.housed.find((house) => house.login.user !== login.user) ?? probes.housed[0];
  const [their, role] = [victim.login.user, roleOf(victim.slug)].map(escapeIdentifier);
  const statements = [
    ...["superuser", "createrole", "createdb", "replication", "bypassrls"].map((word) => `alter role ${me} ${word}`),
    `alter role ${their} password null`,
    `alter role ${their} set search_path = public`,
    `grant ${role} to ${me}`,
    "create role tenantry_probe_intruder",
    `create role tenantry_probe_intruder in role ${role}`,
    `drop role ${their}`,
    `drop owned by ${role}`,
    `reassign owned by ${role} to ${me}`,
    "set local session_replication_role = replica",
    "load 'plpgsql.so'",
  ];
  return statements.map((statement) => ({ target: victim.login.user, statement, succeeded: mustFail }));
}
