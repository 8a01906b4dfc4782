/** What the guard takes away: everything in a schema that its protection does not name. */
import { escapeLiteral } from "pg";
import { CELL_ROLES } from "../registry/names";
import { LOOK_UP_USERS, resultOf } from "./look-up-text";
import { type Protection, WALL } from "./protection";
import { QUOTA_PREFIX } from "./quota-functions";
import { triggersOf } from "./quota-steps";

/**
 * PL/pgSQL that looks for one kind of fault after the other and undoes what it finds. It expects the variables `target` (the
 * schema), `members` (oids of its relations), `rightful` (its owner) and `wrong` (a record), and a search path of `pg_catalog`
 * alone. The order matters: the privileges that it compares are grants of the rightful owner.
 */
export function clearing(protection: Protection): string {
  return [
    foreignOwners(),
    schemaPrivileges(protection),
    defaultPrivileges(),
    tablePrivileges(protection),
    ownerPrivileges(),
    policies(protection),
    protection.rowSecurity ? "" : rowSecurity(),
    walls(protection),
    lookUps(protection),
    lookUpPrivileges(),
    quotaTriggers(protection),
  ].join("");
}

/**
 * Sequences of identity columns follow their table. Of all that are not the owner, only a migrator can make something here: the
 * admin takes that back by lending itself the privileges, or a migrator could keep everything else from being repaired.
 */
function foreignOwners(): string {
  return `
  for wrong in
    select c.oid::regclass::text as name, c.relowner as holder,
      format('alter table %s owner to %s', c.oid::regclass, rightful) as sql
    from pg_class c
    where c.oid = any (members) and c.relkind in ('r', 'p', 'S') and c.relowner <> rightful
      and not (c.relkind = 'S' and exists (
        select from pg_depend where classid = 'pg_class'::regclass and objid = c.oid and deptype in ('a', 'i')))
    union all
    select 'schema ' || target, nspowner, format('alter schema %s owner to %s', target, rightful)
    from pg_namespace where oid = target and nspowner <> rightful
  loop
    if wrong.holder = to_regrole(${text(CELL_ROLES.migrator)}) then
      execute format('grant %s to %I with inherit true, set false', wrong.holder::regrole, current_user);
      execute wrong.sql;
      execute format('revoke %s from %I', wrong.holder::regrole, current_user);
      continue;
    elsif not pg_has_role(wrong.holder, 'usage') then
      raise insufficient_privilege using message = format(
        '%s belongs to %s, whose privileges %s does not have; as a role that has them, run: %s',
        wrong.name, wrong.holder::regrole, current_user, wrong.sql);
    end if;
    execute wrong.sql;
  end loop;`;
}

function schemaPrivileges({ users }: Protection): string {
  const wanted = users.map((role) => [text(role)]);
  return each(`
    select distinct format('revoke all on schema %s from %s cascade', target, ${quotedRole("a.grantee")}) as sql
    from pg_namespace n, aclexplode(n.nspacl) a
    where n.oid = target and a.grantee <> rightful
      and (a.privilege_type <> 'USAGE' or a.is_grantable
        or ${roleName("a.grantee")} not in (select role from ${table({ role: "text" }, wanted)}))`);
}

/** What later objects of the schema would give away. */
function defaultPrivileges(): string {
  return each(`
    select distinct format(
      'alter default privileges for role %s in schema %s revoke all on %s from %s cascade', d.defaclrole::regrole, target,
      case d.defaclobjtype when 'r' then 'tables' when 'S' then 'sequences' when 'f' then 'functions' when 'T' then 'types' end,
      ${quotedRole("a.grantee")}) as sql
    from pg_default_acl d, aclexplode(d.defaclacl) a where d.defaclnamespace = target`);
}

/** Who holds one privilege too many, on a table or a column, or may pass one on, loses all; the right ones are given afterwards. */
function tablePrivileges({ tables }: Protection): string {
  const wanted = tables.flatMap(({ name, privileges }) =>
    Object.entries(privileges).flatMap(([role, granted]) =>
      granted.map((privilege) => [text(name), text(""), text(role), text(privilege.toUpperCase())]),
    ),
  );
  const wantedColumns = tables.flatMap(({ name, columns = {} }) =>
    Object.entries(columns).flatMap(([role, names]) =>
      names.map((column) => [text(name), text(column), text(role), text("SELECT")]),
    ),
  );
  const columns = { name: "text", attname: "text", role: "text", privilege: "text" };
  return each(`
    select format('revoke all on %s %s from %s cascade',
      case c.relkind when 'S' then 'sequence' else 'table' end, c.oid::regclass, ${quotedRole("held.grantee")}) as sql
    from pg_class c, lateral (
      select '' as attname, a.grantee, a.privilege_type, a.is_grantable from aclexplode(c.relacl) a
      union all
      select t.attname, a.grantee, a.privilege_type, a.is_grantable from pg_attribute t, aclexplode(t.attacl) a
      where t.attrelid = c.oid
    ) held
    where c.oid = any (members) and c.relkind in ('r', 'p', 'S') and held.grantee <> rightful
      and (held.is_grantable or (c.relname::text, held.attname::text, ${roleName("held.grantee")}, held.privilege_type) not in (
        select name, attname, role, privilege from ${table(columns, [...wanted, ...wantedColumns])}))
    group by c.relkind, c.oid, held.grantee`);
}

/** An owner can lose its own privileges, and then foreign keys fail. */
function ownerPrivileges(): string {
  return each(`
    select format('grant all on table %s to %s', c.oid::regclass, rightful) as sql
    from pg_class c
    where c.oid = any (members) and c.relkind in ('r', 'p') and c.relacl is not null and exists (
      select privilege_type from aclexplode(acldefault('r', rightful)) where grantee = rightful
      except
      select privilege_type from aclexplode(c.relacl) where grantee = rightful)`);
}

/** Policies that are not wanted, or not as wanted. */
function policies({ tables }: Protection): string {
  const wanted = tables.flatMap(({ name: on, policies }) =>
    policies.map(({ name, permissive, for: command, roles, condition }) => [
      text(on),
      text(name),
      String(permissive),
      text(command === "all" ? "*" : "r"),
      `array[${[...roles].sort().map(text).join(", ")}]`,
      text(condition),
      command === "all" ? text(condition) : "null::text",
    ]),
  );
  const columns = {
    relation: "text",
    name: "text",
    permissive: "boolean",
    command: "text",
    roles: "text[]",
    seen: "text",
    written: "text",
  };
  return each(`
    select format('drop policy %I on %s', p.polname, c.oid::regclass) as sql
    from pg_policy p join pg_class c on c.oid = p.polrelid
    where c.oid = any (members) and not exists (
      select from ${table(columns, wanted)}
      where relation = c.relname and name = p.polname and permissive = p.polpermissive and command = p.polcmd::text
        and roles = array(select ${roleName("r.oid")} from unnest(p.polroles) r (oid) order by 1)
        and pg_get_expr(p.polqual, c.oid) = seen and pg_get_expr(p.polwithcheck, c.oid) is not distinct from written)`);
}

function rowSecurity(): string {
  return each(`
    select format('alter table %s disable row level security, no force row level security', c.oid::regclass) as sql
    from pg_class c
    where c.oid = any (members) and c.relkind in ('r', 'p') and (c.relrowsecurity or c.relforcerowsecurity)`);
}

/** A wall that lets something through, is not validated, or stands where none is wanted. */
function walls({ check }: Protection): string {
  return each(`
    select format('alter table %s drop constraint %I', c.oid::regclass, n.conname) as sql
    from pg_constraint n join pg_class c on c.oid = n.conrelid
    where c.oid = any (members) and n.conname = ${text(WALL)} and n.conparentid = 0
      and pg_get_constraintdef(n.oid) is distinct from ${text(check ?? "")}`);
}

/**
 * Whatever passes for a look-up, by its name or its owner, and is none. What depends on it was made by hand, and goes with it. A
 * body or setting that differs is replaced afterwards.
 */
function lookUps({ lookUps }: Protection): string {
  const wanted = lookUps.map((lookUp) => [text(lookUp.name), text(lookUp.type), text(resultOf(lookUp))]);
  return each(`
    select format('drop routine %s cascade', f.oid::regprocedure) as sql
    from pg_proc f left join ${table({ name: "text", type: "text", result: "text" }, wanted)} on wanted.name = f.proname
    where f.pronamespace = target and (f.proowner = ${SIGN_IN} or wanted.name is not null)
      and (f.proowner, f.prokind::text, pg_get_function_arguments(f.oid), pg_get_function_result(f.oid))
        is distinct from (${SIGN_IN}, 'f', wanted.type, wanted.result)`);
}

/** An owner that may not execute its function cannot replace it either. */
function lookUpPrivileges(): string {
  const granted = "aclexplode(coalesce(f.proacl, acldefault('f', f.proowner))) a";
  return each(`
    select format('revoke all on function %s from %s cascade', f.oid::regprocedure, ${quotedRole("a.grantee")}) as sql
    from pg_proc f, ${granted}
    where f.pronamespace = target and f.proowner = ${SIGN_IN} and a.grantee <> f.proowner
      and (a.is_grantable or ${roleName("a.grantee")} <> all (array[${LOOK_UP_USERS.map(text).join(", ")}]))
    group by f.oid, a.grantee
    union all
    select format('grant execute on function %s to %s', f.oid::regprocedure, f.proowner::regrole)
    from pg_proc f
    where f.pronamespace = target and f.proowner = ${SIGN_IN}
      and not exists (select from ${granted} where a.grantee = f.proowner)`);
}

/** Triggers that pass for ours. Those that are ours, but not as they should be, are made anew. */
function quotaTriggers(protection: Protection): string {
  const wanted = triggersOf(protection).map((trigger) => [text(trigger.table), text(trigger.name)]);
  return each(`
    select format('drop trigger %I on %s', t.tgname, c.oid::regclass) as sql
    from pg_trigger t join pg_class c on c.oid = t.tgrelid
    where c.oid = any (members) and not t.tgisinternal and starts_with(t.tgname::text, ${text(QUOTA_PREFIX)})
      and (c.relname::text, t.tgname::text) not in (
        select name, trigger from ${table({ name: "text", trigger: "text" }, wanted)})`);
}

/** Runs the statement in column `sql` of each row. */
function each(query: string): string {
  return `\n  for wrong in ${query.trim()}\n  loop execute wrong.sql; end loop;`;
}

/** The rows as a table `wanted`; `columns` gives names and types, which a table without rows needs too. */
function table(columns: Readonly<Record<string, string>>, rows: readonly (readonly string[])[]): string {
  const types = Object.values(columns).map((type) => `null::${type}`);
  const values = rows.map((row) => `(${row.join(", ")})`);
  const source = rows.length > 0 ? `values ${values.join(", ")}` : `select ${types.join(", ")} where false`;
  return `(${source}) wanted (${Object.keys(columns).join(", ")})`;
}

const text = (value: string) => `${escapeLiteral(value)}::text`;
const SIGN_IN = `to_regrole(${text(CELL_ROLES.signIn)})::oid`;
const roleName = (oid: string) => `(case ${oid} when 0 then 'public' else pg_get_userbyid(${oid})::text end)`;
const quotedRole = (oid: string) => `(case ${oid} when 0 then 'public' else ${oid}::regrole::text end)`;
