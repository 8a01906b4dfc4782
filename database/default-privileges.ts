/**
 * What the owners of a cell would give away with everything that they make from now on. Whoever acts as such a role can say so
 * beforehand, a migrator among them: a schema that is made later, or one that others are compared with, would be open from its
 * first moment, as if it were meant to be.
 */
import { escapeLiteral } from "pg";
import { HELD_ROLES } from "./cell-roles";

export interface Gift {
  readonly role: string;
  readonly text: string;
  /** Takes it back. */
  readonly sql: string;
}

/**
 * Rows of `Gift`, for all schemas at once; those of a managed schema are the guard's. That everybody may use types is PostgreSQL's
 * own rule, and that everybody may execute functions is looked for elsewhere.
 */
export const GIFTS_SQL = `
select r.rolname::text as role, format('%s: its new %s are for %s', r.rolname, given.kind, given.grantee) as text,
  format('alter default privileges for role %I revoke all on %s from %s', r.rolname, given.kind, given.grantee) as sql
from pg_default_acl d join pg_roles r on r.oid = d.defaclrole
cross join lateral (
  select distinct case a.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end,
    case d.defaclobjtype when 'r' then 'tables' when 'S' then 'sequences' when 'f' then 'functions' when 'T' then 'types'
      when 'n' then 'schemas' else 'large objects' end
  from aclexplode(d.defaclacl) a
  where a.grantee <> d.defaclrole and (a.grantee <> 0 or d.defaclobjtype not in ('f', 'T'))
) given (grantee, kind)
where d.defaclnamespace = 0 and r.rolname in (${HELD_ROLES.map(escapeLiteral).join(", ")})`;

const TAKE_BACK = `
declare
  gift record;
begin
  for gift in ${GIFTS_SQL} loop execute gift.sql; end loop;
end`;

/** One statement that takes all of it back, for a transaction in which it must not count. */
export const renderTakeBack = (): string => `do ${escapeLiteral(TAKE_BACK)}`;
