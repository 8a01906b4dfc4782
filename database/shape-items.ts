/**
 * What a schema consists of, as SQL: everything that could let somebody in or break the application.
 *
 * Each kind of item is told twice over the same rows. `sieve` is what the server hashes: catalog columns as they are, cheap for
 * millions of rows. `key` and `value` are what people read. Where all sieves are equal, all items are; where a sieve differs, the
 * items decide (a column that was dropped and made again has another number, and is the same to all who use it).
 *
 * Nothing in an item differs from one tenant to the next: the tenant's own schema, role and id appear as `{schema}`, `{role}` and
 * `{id}`. The queries need a search path of `pg_catalog` alone: then every other name is spelled in full.
 */
export interface ItemKind {
  readonly from: string;
  /** None: another kind's sieve covers it. */
  readonly sieve: string | undefined;
  readonly key: string;
  readonly value: string;
}

/**
 * Rows that the kinds select from. $1: JSON of the subjects.
 *
 * Stored expressions are sieved as they are stored: spelling them out takes half of the time. The tenant's id stands in them as a
 * constant node; `own` is that node, found as the default of `tenant_id` in the schema's oldest table, and `spelled` what it says.
 * Usage of the schema by the tenant's role counts as given: whether it is depends on the status, and is told apart
 * (`schema-access.ts`). Below PostgreSQL 17 nodes hold positions in the text that they came from, and have to be spelled out after all.
 */
export const SOURCES = `
subjects as materialized (
  select n.oid, n.oid as schema, n.nspname, n.nspowner,
    case when u.oid is null or n.nspacl @> makeaclitem(u.oid, n.nspowner, 'USAGE', false) then n.nspacl
      else coalesce(n.nspacl, acldefault('n', n.nspowner)) || makeaclitem(u.oid, n.nspowner, 'USAGE', false) end as nspacl,
    quote_ident(n.nspname) || '.' as prefix,
    coalesce(s.role, '') as role, coalesce(s."tenantId", '') as id, coalesce(d.adbin::text, '') as own,
    coalesce(replace(pg_get_expr(d.adbin, d.adrelid), coalesce(s."tenantId", ''), '{id}'), '') as spelled
  from json_to_recordset($1) as s (schema text, role text, "tenantId" text)
  join pg_namespace n on n.nspname = s.schema
  left join pg_roles u on u.rolname = s.role
  left join (
    select relnamespace, min(oid) as oid from pg_class where relkind in ('r', 'p') group by relnamespace
  ) oldest on oldest.relnamespace = n.oid
  left join pg_attribute a on a.attrelid = oldest.oid and a.attname = 'tenant_id'
  left join pg_attrdef d on d.adrelid = oldest.oid and d.adnum = a.attnum
),
relations as materialized (
  select s.schema, s.prefix, s.role, s.id, s.own, s.spelled, c.oid, c.relname, c.relkind, c.relowner, c.relrowsecurity,
    c.relforcerowsecurity, c.relpersistence, c.relreplident, c.reloptions,
    coalesce(c.relacl, acldefault(case c.relkind when 'S' then 's' else 'r' end::"char", c.relowner)) as acl
  from subjects s join pg_class c on c.relnamespace = s.oid
  where c.relkind not in ('i', 'I', 't')
)`;

const stored = (column: string) =>
  `case when (select current_setting('server_version_num')::int >= 170000) then replace(${column}::text, r.own, r.spelled)
    else replace(pg_get_expr(${column}, r.oid), r.id, '{id}') end`;
const neutral = (text: string) => `replace(replace(${text}, r.prefix, '{schema}.'), r.id, '{id}')`;
const roleName = (oid: string) => `case ${oid} when 0 then 'public' else pg_get_userbyid(${oid})::text end`;

const RELATION: ItemKind = {
  from: "relations r",
  sieve: `r.relname, r.relkind, r.relowner, r.relrowsecurity, r.relforcerowsecurity, r.relpersistence, r.relreplident,
    r.reloptions::text, case when r.relkind in ('v', 'm') then ${neutral("pg_get_viewdef(r.oid)")} end`,
  key: "r.relname",
  value: `concat_ws(', ',
    case r.relkind when 'r' then 'table' when 'p' then 'partitioned table' when 'v' then 'view' when 'S' then 'sequence'
      when 'm' then 'materialized view' when 'f' then 'foreign table' else 'type' end,
    'owner ' || pg_get_userbyid(r.relowner),
    case when r.relrowsecurity then case when r.relforcerowsecurity then 'row security forced' else 'row security not forced' end
      when r.relforcerowsecurity then 'row security off but forced' end,
    case r.relpersistence when 'u' then 'unlogged' end,
    case when r.relreplident <> 'd' then 'replica identity ' || r.relreplident::text end,
    r.reloptions::text,
    case when r.relkind in ('v', 'm') then ${neutral("pg_get_viewdef(r.oid)")} end)`,
};

const COLUMN: ItemKind = {
  from: `relations r join pg_attribute a on a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped`,
  sieve: `r.relname, a.attname, a.atttypid, a.atttypmod, a.attcollation, a.attnotnull, a.attidentity, a.attgenerated, a.attnum,
    replace(a.attacl::text, r.role, '{role}')`,
  key: "r.relname || '.' || a.attname",
  value: `concat_ws(' ', format_type(a.atttypid, a.atttypmod), case when a.attcollation not in (0, 100) then 'collation ' || a.attcollation::regcollation end,
    case when a.attnotnull then 'not null' end, case a.attidentity when 'a' then 'identity always' when 'd' then 'identity' end,
    case a.attgenerated when 's' then 'generated stored' when 'v' then 'generated virtual' end)`,
};

const DEFAULT: ItemKind = {
  from: "relations r join pg_attrdef d on d.adrelid = r.oid",
  sieve: `r.relname, d.adnum, ${stored("d.adbin")}`,
  key: "r.relname || '.' || (select attname from pg_attribute where attrelid = r.oid and attnum = d.adnum) || ' default'",
  value: neutral("pg_get_expr(d.adbin, r.oid)"),
};

/** Not-null constraints are told with their column: PostgreSQL 18 alone lists them here. */
const CONSTRAINT: ItemKind = {
  from: `relations r join pg_constraint c on c.conrelid = r.oid and c.contype <> 'n' left join pg_class f on f.oid = c.confrelid`,
  sieve: `r.relname, c.conname, c.contype, c.condeferrable, c.condeferred, c.convalidated, c.connoinherit, c.conkey::text,
    f.relname, f.relnamespace = r.schema, c.confkey::text, c.confupdtype, c.confdeltype, c.confmatchtype, c.confdelsetcols::text,
    c.conexclop::text, ${stored("c.conbin")}`,
  key: "r.relname || ' constraint ' || c.conname",
  value: neutral("pg_get_constraintdef(c.oid)"),
};

const INDEX: ItemKind = {
  from: "relations r join pg_index x on x.indrelid = r.oid join pg_class i on i.oid = x.indexrelid",
  sieve: `r.relname, i.relname, i.relam, i.reloptions::text, x.indkey::text, x.indnkeyatts, x.indclass::text, x.indoption::text,
    x.indcollation::text, x.indisunique, x.indisvalid, x.indisready, x.indnullsnotdistinct, x.indisreplident,
    ${stored("x.indexprs")}, ${stored("x.indpred")}`,
  key: "r.relname || ' index ' || i.relname",
  value: `${neutral("pg_get_indexdef(i.oid)")} || case when x.indisvalid and x.indisready then '' else ' invalid' end
    || case when x.indisreplident then ' replica identity' else '' end`,
};

const POLICY: ItemKind = {
  from: "relations r join pg_policy p on p.polrelid = r.oid",
  sieve: `r.relname, p.polname, p.polcmd, p.polpermissive, p.polroles::text,
    pg_get_expr(p.polqual, r.oid), pg_get_expr(p.polwithcheck, r.oid)`,
  key: "r.relname || ' policy ' || p.polname",
  value: `concat_ws(' ', case when p.polpermissive then 'permissive' else 'restrictive' end, 'for',
    case p.polcmd when '*' then 'all' when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' else 'delete' end, 'to',
    (select string_agg(${roleName("o.oid")}, ', ' order by ${roleName("o.oid")}) from unnest(p.polroles) o (oid)),
    'using ' || pg_get_expr(p.polqual, r.oid), 'with check ' || pg_get_expr(p.polwithcheck, r.oid))`,
};

/** Triggers of foreign keys belong to their constraint. */
const TRIGGER: ItemKind = {
  from: "relations r join pg_trigger t on t.tgrelid = r.oid and not t.tgisinternal",
  sieve: `r.relname, t.tgname, t.tgenabled, t.tgtype, t.tgfoid, t.tgattr::text, t.tgargs, t.tgdeferrable, t.tginitdeferred,
    t.tgoldtable, t.tgnewtable, case when t.tgqual is not null then ${neutral("pg_get_triggerdef(t.oid)")} end`,
  key: "r.relname || ' trigger ' || t.tgname",
  value: `${neutral("pg_get_triggerdef(t.oid)")} || case t.tgenabled when 'D' then ' disabled' else '' end`,
};

/** What a view reads is told with the view. Its other rules run with the rights of its owner, whatever `security_invoker` says. */
const RULE: ItemKind = {
  from: "relations r join pg_rewrite w on w.ev_class = r.oid and w.ev_type <> '1'",
  sieve: `r.relname, w.rulename, w.ev_enabled, ${neutral("pg_get_ruledef(w.oid)")}`,
  key: "r.relname || ' rule ' || w.rulename",
  value: neutral("pg_get_ruledef(w.oid)"),
};

/** A table elsewhere that this one is a part of: whoever may read that one reads this one, past its guards. */
const PARENT: ItemKind = {
  from: "relations r join pg_inherits h on h.inhrelid = r.oid",
  sieve: `r.relname, ${neutral("h.inhparent::regclass::text")}`,
  key: `r.relname || ' parent ' || ${neutral("h.inhparent::regclass::text")}`,
  value: "'inherited'",
};

const FUNCTION: ItemKind = {
  from: "subjects r join pg_proc f on f.pronamespace = r.oid",
  sieve: `f.proname, f.proargtypes::text, f.prorettype, f.proowner, f.prolang, f.prosecdef, f.provolatile, f.proparallel,
    f.proconfig::text, ${neutral("f.prosrc")}, f.prosqlbody::text`,
  key: `'function ' || ${neutral("f.oid::regprocedure::text")}`,
  value: `concat_ws(', ', 'owner ' || pg_get_userbyid(f.proowner), case when f.prosecdef then 'security definer' end,
    case f.provolatile when 'i' then 'immutable' when 's' then 'stable' else 'volatile' end,
    case f.proparallel when 's' then 'parallel safe' when 'r' then 'parallel restricted' end, f.proconfig::text,
    'body ' || md5(${neutral("coalesce(pg_get_function_sqlbody(f.oid), f.prosrc)")}))`,
};

/** Types, operators and all else that a schema can hold. */
const OTHER: ItemKind = {
  from: `subjects r join pg_depend d on d.refclassid = 'pg_namespace'::regclass and d.refobjid = r.oid
    and d.classid not in ('pg_class'::regclass, 'pg_proc'::regclass, 'pg_default_acl'::regclass)
    and not (d.classid = 'pg_type'::regclass and exists (select from pg_type t where t.oid = d.objid and (t.typrelid <> 0 or t.typelem <> 0)))`,
  sieve: neutral("pg_describe_object(d.classid, d.objid, d.objsubid)"),
  key: neutral("pg_describe_object(d.classid, d.objid, d.objsubid)"),
  value: "'present'",
};

const SCHEMA: ItemKind = {
  from: "subjects r",
  sieve: "r.nspowner",
  key: "'schema'",
  value: "'owner ' || pg_get_userbyid(r.nspowner)",
};

/** One item for each holder of privileges. */
const privileges = (from: string, object: string, acl: string): ItemKind => ({
  from: `${from} cross join unnest(${acl}) p (acl)`,
  sieve: `${object}, replace(p.acl::text, r.role, '{role}')`,
  key: `${object} || ' privileges of ' || (
    select case ${roleName("e.grantee")} when r.role then '{role}' else ${roleName("e.grantee")} end
    from aclexplode(array[p.acl]) e limit 1)`,
  value: `(select string_agg(lower(e.privilege_type) || case when e.is_grantable then ' with grant option' else '' end, ', '
    order by e.privilege_type) from aclexplode(array[p.acl]) e)`,
});

const COLUMN_PRIVILEGES: ItemKind = {
  ...privileges(
    "relations r join pg_attribute a on a.attrelid = r.oid and a.attacl is not null and not a.attisdropped",
    "r.relname || '.' || a.attname",
    "a.attacl",
  ),
  sieve: undefined, // that of the columns looks at them already
};

export const ITEM_KINDS: readonly ItemKind[] = [
  SCHEMA,
  privileges("subjects r", "'schema'::text", "coalesce(r.nspacl, acldefault('n', r.nspowner))"),
  privileges(
    `subjects r join pg_default_acl d on d.defaclnamespace = r.oid`,
    "'default for ' || d.defaclobjtype::text || ' of ' || pg_get_userbyid(d.defaclrole)",
    "d.defaclacl",
  ),
  RELATION,
  privileges("relations r", "r.relname", "r.acl"),
  COLUMN,
  COLUMN_PRIVILEGES,
  DEFAULT,
  CONSTRAINT,
  INDEX,
  POLICY,
  TRIGGER,
  RULE,
  PARENT,
  FUNCTION,
  privileges(
    `subjects r join pg_proc f on f.pronamespace = r.oid`,
    "'function ' || f.proname",
    "coalesce(f.proacl, acldefault('f', f.proowner))",
  ),
  OTHER,
];
