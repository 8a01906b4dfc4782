/** The schema of an application that makes its own tables: the tenant's role owns it, and whatever is made in it. Pure. */
import { escapeIdentifier, escapeLiteral } from "pg";
import { UNNAMED_SCHEMA } from "../registry/names";
import { markOf } from "./tenant-roles";
import type { TenantSpec } from "./tenant-spec";

/** Runs as the createrole role that made `role`, and ends as it or as the admin. */
export function renderOwnSchema({ schema, id }: TenantSpec, role: string, adminRole: string): readonly string[] {
  const [name, owner] = [escapeIdentifier(schema), escapeIdentifier(role)];
  return [
    `grant ${owner} to current_user with set true, inherit true`,
    ...(schema === UNNAMED_SCHEMA
      ? renderTakeOver(name, owner, escapeIdentifier(adminRole))
      : [`create schema ${name} authorization ${owner}`]),
    `comment on schema ${name} is ${escapeLiteral(markOf(id))}`,
  ];
}

/** Every database has a schema `public`, and the owner of the database alone can give it away. What is in it is not adopted. */
function renderTakeOver(name: string, owner: string, adminRole: string): readonly string[] {
  return [
    "set local role none",
    `create schema if not exists ${name}`,
    `do ${escapeLiteral(ASSERT_EMPTY)}`,
    `do ${escapeLiteral(LEAVE_PATH)}`,
    `alter schema ${name} owner to ${owner}`,
    `set local role ${adminRole}`,
    `revoke all on schema ${name} from public`,
  ];
}

/** Else the tenant could put functions in the way of the admin's own sessions, which would run them with the admin's rights. */
const LEAVE_PATH = `
begin
  execute format('alter role %I in database %I set search_path = pg_catalog', session_user, current_database());
end`;

/** Whatever a schema can hold. Extensions, and what belongs to them, are the cell's. */
const ASSERT_EMPTY = `
begin
  if exists (
    select from pg_depend o where o.refclassid = 'pg_namespace'::regclass and o.refobjid = '${UNNAMED_SCHEMA}'::regnamespace
      and o.classid not in ('pg_extension'::regclass, 'pg_default_acl'::regclass) and not exists (
        select from pg_depend d where d.classid = o.classid and d.objid = o.objid and d.deptype = 'e')
  ) then
    raise exception 'schema ${UNNAMED_SCHEMA} has objects already, and Tenantry adopts nothing: move them away, or take a server without them';
  end if;
end`;
