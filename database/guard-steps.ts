/** What the guard adds to a schema: privileges, defaults, walls, quotas. One description, told in the two forms that the guard has. */
import { escapeIdentifier, escapeLiteral } from "pg";
import { CELL_ROLES } from "../registry/names";
import { LOOK_UP_USERS, renderLookUp, signatureOf } from "./look-up-text";
import { type Policy, type ProtectedTable, type Protection, qualified, roleText, WALL } from "./protection";
import { freshQuotaStatements, quotaSteps } from "./quota-steps";

export interface Step {
  readonly sql: string;
  /** SQL condition that holds when the step has nothing to do. None: the step is harmless to repeat. */
  readonly unless?: string;
}

/** Everything, in as few statements as there can be. Begins as the owner of the tables and ends as the admin. */
export function freshStatements(protection: Protection): readonly string[] {
  const { tables } = protection;
  return [
    ...grants(protection),
    ...tables.flatMap((table) => {
      const name = qualified(protection.schema, table.name);
      const all = alterations(protection, table).map(({ sql }) => sql);
      return [`alter table ${name} ${all.join(", ")}`, ...policies(protection, table).map(({ sql }) => sql)];
    }),
    ...lookUps(protection, (role) => `set local role ${roleText(role)}`, protection.owner),
    "set local role none",
    ...freshQuotaStatements(protection),
  ];
}

/** The same, one by one, each with the condition under which it is already done. */
export function repairSteps(protection: Protection): readonly Step[] {
  return [
    ...grants(protection).map((sql) => ({ sql })),
    ...protection.tables.flatMap((table) => {
      const name = qualified(protection.schema, table.name);
      const each = alterations(protection, table).map((step) => ({
        ...step,
        sql: `${holdStill(protection, table)} alter table ${name} ${step.sql}`,
      }));
      return [...each, ...policies(protection, table)];
    }),
    ...lookUps(protection, (role) => `perform set_config('role', ${escapeLiteral(role)}, true)`, "none").map((sql) => ({
      sql,
    })),
    ...quotaSteps(protection),
  ];
}

/**
 * PL/pgSQL. A wall reads all rows, and runs what the column's type runs for that, as the admin: a migrator must not be able to
 * put another type there, not even between the look at the table and the change.
 */
function holdStill({ schema }: Protection, table: ProtectedTable): string {
  const oid = oidOf(schema, table);
  return `lock table ${qualified(schema, table.name)} in access exclusive mode;
  if not exists (select from pg_attribute where attrelid = ${oid} and attname = 'tenant_id' and atttypid = 'uuid'::regtype) then
    raise datatype_mismatch using message = format('tenant_id of %s is not of type uuid', ${oid});
  end if;`;
}

/** One statement per set of privileges, over all tables that have it. */
function grants({ schema, users, tables }: Protection): readonly string[] {
  const groups = new Map<string, string[]>();
  for (const { name, privileges } of tables) {
    for (const [role, granted] of Object.entries(privileges)) {
      const key = JSON.stringify([granted.join(", "), roleText(role)]);
      groups.set(key, [...(groups.get(key) ?? []), qualified(schema, name)]);
    }
  }
  const onTables = [...groups].map(([key, names]) => {
    const [granted, role]: readonly string[] = JSON.parse(key);
    return `grant ${granted} on table ${names.join(", ")} to ${role}`;
  });
  const onColumns = tables.flatMap(({ name, columns = {} }) =>
    Object.entries(columns).map(
      ([role, names]) =>
        `grant select (${names.map(escapeIdentifier).join(", ")}) on table ${qualified(schema, name)} to ${roleText(role)}`,
    ),
  );
  const onSchema = `grant usage on schema ${escapeIdentifier(schema)} to ${users.map(roleText).join(", ")}`;
  return [...(users.length > 0 ? [onSchema] : []), ...onTables, ...onColumns];
}

/** Sub-commands of `alter table`. */
function alterations({ schema, tenantDefault, check, rowSecurity }: Protection, table: ProtectedTable) {
  const oid = oidOf(schema, table);
  const steps: Required<Step>[] = [
    {
      sql: `alter column tenant_id set default ${tenantDefault}`,
      unless:
        `exists (select from pg_attribute a join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum where ` +
        `a.attrelid = ${oid} and a.attname = 'tenant_id' and pg_get_expr(d.adbin, d.adrelid) = ${escapeLiteral(tenantDefault)})`,
    },
  ];
  if (check !== undefined) {
    steps.push({
      sql: `add constraint ${WALL} ${check}`,
      unless: `exists (select from pg_constraint where conrelid = ${oid} and conname = '${WALL}')`,
    });
  }
  if (rowSecurity) {
    steps.push({
      sql: "enable row level security, force row level security",
      unless: `exists (select from pg_class where oid = ${oid} and relrowsecurity and relforcerowsecurity)`,
    });
  }
  return steps;
}

function policies({ schema }: Protection, table: ProtectedTable): readonly Step[] {
  const create = ({ name, permissive, for: command, roles, condition }: Policy) =>
    `create policy ${escapeIdentifier(name)} on ${qualified(schema, table.name)} ` +
    `as ${permissive ? "permissive" : "restrictive"} for ${command} to ${roles.map(roleText).join(", ")} ` +
    `using (${condition})${command === "all" ? ` with check (${condition})` : ""}`;
  return table.policies.map((policy) => ({
    sql: create(policy),
    unless: `exists (select from pg_policy where polrelid = ${oidOf(schema, table)} and polname = ${escapeLiteral(policy.name)})`,
  }));
}

/**
 * Made by their owner, who may make nothing in the schema but in this transaction. `become` renders the switch to a role, `before`
 * is whoever runs the rest.
 */
function lookUps({ schema, lookUps }: Protection, become: (role: string) => string, before: string): readonly string[] {
  if (lookUps.length === 0) return [];
  const { signIn } = CELL_ROLES;
  const inSchema = `create on schema ${escapeIdentifier(schema)}`;
  return [
    `grant ${inSchema} to ${signIn}`,
    become(signIn),
    ...lookUps.flatMap((lookUp) => [
      renderLookUp(schema, lookUp),
      `revoke all on function ${signatureOf(schema, lookUp)} from public`,
      `grant execute on function ${signatureOf(schema, lookUp)} to ${[signIn, ...LOOK_UP_USERS].map(roleText).join(", ")}`,
    ]),
    become(before),
    `revoke ${inSchema} from ${signIn}`,
  ];
}

function oidOf(schema: string, table: ProtectedTable): string {
  return `${escapeLiteral(qualified(schema, table.name))}::regclass`;
}
