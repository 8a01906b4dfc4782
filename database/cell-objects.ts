/** What a cell has once, as it should be: its own roles, who may connect, settings of the database. Pure. */
import { CELL_ROLES } from "../registry/names";
import type { CellFacts } from "./cell-facts";
import { cellRoleSpecs, HELD_ROLES, renderHold } from "./cell-roles";
import { isForeign, type LiveRole, type RoleFault, roleFaults } from "./role-facts";

const { app, migrator, reader, pooler, tenants } = CELL_ROLES;

const MAY_CONNECT: readonly string[] = [tenants, app, migrator, reader, pooler];
const SETTINGS: Readonly<Record<string, string>> = { idle_in_transaction_session_timeout: "60s" };

/** Everything that differs, by object, each with the statement that puts it right. `{database}` stands for its quoted name. */
export function cellFaults(
  facts: CellFacts,
  roles: ReadonlyMap<string, LiveRole>,
): Readonly<Record<string, RoleFault[]>> {
  const faults: Record<string, RoleFault[]> = {};
  for (const spec of cellRoleSpecs(facts.rotations)) {
    const live = roles.get(spec.name);
    if (isForeign(spec, live)) continue; // told apart from this, and never touched
    const wrong = [...roleFaults(spec, live), ...(HELD_ROLES.includes(spec.name) ? heldFaults(spec.name, facts) : [])];
    if (wrong.length > 0) faults[spec.name] = wrong;
  }
  for (const name of facts.open) {
    faults[`database ${name}`] = [{ text: "everybody may connect", sql: `revoke all on database ${name} from public` }];
  }
  const database = databaseFaults(facts);
  return database.length > 0 ? { ...faults, database } : faults;
}

function heldFaults(name: string, { held, sealed, gifts }: CellFacts): RoleFault[] {
  const seal = `alter default privileges for role ${name} revoke execute on functions from public`;
  return [
    ...(held.includes(name) ? [] : [{ text: `${name}: the admin cannot act as it`, sql: renderHold([name]) }]),
    ...(sealed.includes(name) ? [] : [{ text: `${name}: everybody may execute its new functions`, sql: seal }]),
    ...gifts.filter(({ role }) => role === name),
  ];
}

function databaseFaults({ connect, makers, settings }: CellFacts): RoleFault[] {
  const missing = MAY_CONNECT.filter((name) => !connect.includes(name)).map((name) => ({
    text: `${name} may not connect`,
    sql: `grant connect on database {database} to ${name}`,
  }));
  const more = connect
    .filter((name) => name === "public" || !MAY_CONNECT.includes(name))
    .map((name) => ({ text: `${name} has privileges`, sql: `revoke all on database {database} from ${name}` }));
  const making = makers
    .filter((name) => MAY_CONNECT.includes(name))
    .map((name) => ({
      text: `${name} may make schemas or temporary tables`,
      sql: `revoke create, temporary on database {database} from ${name}`,
    }));
  const unset = Object.entries(SETTINGS)
    .filter(([key, value]) => !settings.includes(`${key}=${value}`))
    .map(([key, value]) => ({
      text: `${key} is not ${value}`,
      sql: `alter database {database} set ${key} = '${value}'`,
    }));
  return [...missing, ...more, ...making, ...unset];
}
