/** What a cell has once, as it should be: its own roles, who may connect, settings of the database. Pure. */
import { CELL_ROLES, POOLED_SCHEMA } from "../registry/names";
import type { CellFacts } from "./cell-facts";
import { type LiveRole, type RoleFault, type RoleSpec, roleFaults } from "./role-facts";

const { control, owner, migrator, app, reader, pooler, tenants } = CELL_ROLES;

const group = (name: string): RoleSpec => ({ name, login: false, limit: -1, settings: {}, memberOf: [] });
const role = (name: string, login: boolean, more: Partial<RoleSpec> = {}): RoleSpec => ({
  ...group(name),
  login,
  members: [],
  ...more,
});

const CELL_ROLE_SPECS: readonly RoleSpec[] = [
  group(tenants), // its members are the tenants' roles, which are looked at one by one
  role(control, false),
  role(owner, false, { members: [migrator] }),
  // What a migrator makes must belong to the owner.
  role(migrator, true, { memberOf: [owner], settings: { role: owner, search_path: POOLED_SCHEMA } }),
  role(app, true, { settings: { search_path: POOLED_SCHEMA } }),
  role(reader, true, { settings: { search_path: POOLED_SCHEMA, default_transaction_read_only: "on" } }),
  role(pooler, true),
];

const MAY_CONNECT: readonly string[] = [tenants, app, migrator, reader, pooler];
const SETTINGS: Readonly<Record<string, string>> = { idle_in_transaction_session_timeout: "60s" };

/** Everything that differs, by object, each with the statement that puts it right. `{database}` stands for its quoted name. */
export function cellFaults(
  facts: CellFacts,
  roles: ReadonlyMap<string, LiveRole>,
): Readonly<Record<string, RoleFault[]>> {
  const faults: Record<string, RoleFault[]> = {};
  for (const spec of CELL_ROLE_SPECS) {
    const wrong = roleFaults(spec, roles.get(spec.name));
    if (wrong.length > 0) faults[spec.name] = [...wrong];
  }
  for (const name of [control, owner].filter((each) => !facts.sealed.includes(each))) {
    const sql = `alter default privileges for role ${name} revoke execute on functions from public`;
    faults[name] = [...(faults[name] ?? []), { text: `${name}: everybody may execute its new functions`, sql }];
  }
  for (const name of facts.open) {
    faults[`database ${name}`] = [{ text: "everybody may connect", sql: `revoke all on database ${name} from public` }];
  }
  const database = databaseFaults(facts);
  return database.length > 0 ? { ...faults, database } : faults;
}

function databaseFaults({ connect, settings }: CellFacts): RoleFault[] {
  const missing = MAY_CONNECT.filter((name) => !connect.includes(name)).map((name) => ({
    text: `${name} may not connect`,
    sql: `grant connect on database {database} to ${name}`,
  }));
  const more = connect
    .filter((name) => name === "public" || !MAY_CONNECT.includes(name))
    .map((name) => ({ text: `${name} has privileges`, sql: `revoke all on database {database} from ${name}` }));
  const unset = Object.entries(SETTINGS)
    .filter(([key, value]) => !settings.includes(`${key}=${value}`))
    .map(([key, value]) => ({
      text: `${key} is not ${value}`,
      sql: `alter database {database} set ${key} = '${value}'`,
    }));
  return [...missing, ...more, ...unset];
}
