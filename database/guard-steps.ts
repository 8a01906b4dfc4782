/** What the guard adds to a schema: privileges, defaults, walls. One description, told in the two forms that the guard has. */
import { escapeIdentifier, escapeLiteral } from "pg";
import { type Policy, type ProtectedTable, type Protection, qualified, roleText, WALL } from "./protection";

export interface Step {
  readonly sql: string;
  /** SQL condition that holds when the step has nothing to do. None: the step is harmless to repeat. */
  readonly unless?: string;
}

/** Everything, in as few statements as there can be. */
export function freshStatements(protection: Protection): readonly string[] {
  const { tables } = protection;
  return [
    ...grants(protection),
    ...tables.flatMap((table) => {
      const name = qualified(protection.schema, table.name);
      const all = alterations(protection, table).map(({ sql }) => sql);
      return [`alter table ${name} ${all.join(", ")}`, ...policies(protection, table).map(({ sql }) => sql)];
    }),
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
  return [`grant usage on schema ${escapeIdentifier(schema)} to ${users.map(roleText).join(", ")}`, ...onTables];
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

function policies({ schema, rowSecurity }: Protection, table: ProtectedTable): readonly Step[] {
  if (!rowSecurity) return [];
  const create = ({ name, permissive, roles }: Policy) =>
    `create policy ${escapeIdentifier(name)} on ${qualified(schema, table.name)} ` +
    `as ${permissive ? "permissive" : "restrictive"} for all to ${roles.map(roleText).join(", ")} ` +
    `using (${rowSecurity.condition}) with check (${rowSecurity.condition})`;
  return rowSecurity.policies.map((policy) => ({
    sql: create(policy),
    unless: `exists (select from pg_policy where polrelid = ${oidOf(schema, table)} and polname = ${escapeLiteral(policy.name)})`,
  }));
}

function oidOf(schema: string, table: ProtectedTable): string {
  return `${escapeLiteral(qualified(schema, table.name))}::regclass`;
}
