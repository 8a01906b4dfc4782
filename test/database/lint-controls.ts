/** For each lint, how a cell is made so bad that this one finds something and no other does. */

interface Control {
  /** As the superuser, in a transaction that is rolled back. */
  readonly sql: string;
  /** What the object or the detail of a finding says. */
  readonly says: string;
}

const OWNER = "set local role tenantry_owner;";
const CONDITION = "tenant_id = (select tenantry.current_tenant())";
const TABLE = `create table pooled.extra (tenant_id uuid not null default tenantry.current_tenant(), id int not null)`;
const GUARD = `alter table pooled.extra enable row level security, force row level security;
  create policy tenant_wall on pooled.extra as restrictive using (${CONDITION}) with check (${CONDITION})`;

export const LINT_CONTROLS: Readonly<Record<string, readonly Control[]>> = {
  row_security_off: [
    { sql: "alter table pooled.users disable row level security", says: "pooled.users" },
    {
      sql: "alter extension plpgsql add table pooled.users; alter table pooled.users disable row level security",
      says: "pooled.users",
    },
  ],
  row_security_not_forced: [{ sql: "alter table pooled.users no force row level security", says: "pooled.users" }],
  wall_missing: [
    {
      sql: "create policy tenant_sign_in on pooled.topics for select to tenantry_sign_in using (true)",
      says: "pooled.topics",
    },
    { sql: "drop policy tenant_wall on pooled.users", says: "pooled.users" },
    { sql: "alter policy tenant_wall on pooled.users using (true)", says: "pooled.users" },
    { sql: "alter policy tenant_wall on pooled.users to tenantry_app", says: "pooled.users" },
    { sql: "alter table tenant_birch.users drop constraint tenant_wall", says: "tenant_birch.users" },
    {
      sql: `alter table tenant_birch.users drop constraint tenant_wall;
        alter table tenant_birch.users add constraint tenant_wall check (tenant_id is not null)`,
      says: "tenant_birch.users",
    },
  ],
  policy_unbound: [
    {
      sql: "create policy tenant_sign_in on pooled.topics for select to tenantry_app using (true)",
      says: "tenant_sign_in true",
    },
    {
      sql: "create policy support on pooled.users for select to tenantry_reader using (true)",
      says: "policy support true",
    },
    {
      sql: "create policy mine on pooled.users using (tenant_id::text = current_setting('app.tenant', true))",
      says: "policy mine",
    },
  ],
  policy_too_wide: [
    { sql: `create policy wide on pooled.users using (${CONDITION} or status = 'invited')`, says: "policy wide" },
    {
      sql: `create policy wide on pooled.users using ((${CONDITION} and name = 'a') or tenant_id is not null)`,
      says: "policy wide",
    },
  ],
  policy_reads_elsewhere: [
    {
      sql: `create function tenantry.both(uuid, uuid) returns boolean language sql as 'select true';
        alter function tenantry.both(uuid, uuid) owner to tenantry_control; revoke execute on function tenantry.both(uuid, uuid) from public;
        create operator tenantry.=== (leftarg = uuid, rightarg = uuid, function = tenantry.both);
        create policy odd on pooled.users using (${CONDITION} and id operator(tenantry.===) id)`,
      says: "calls operator tenantry.===",
    },
    {
      sql: `create domain tenantry.odd as text check (value <> 'a');
        create policy odd on pooled.users using (${CONDITION} and name::tenantry.odd is not null)`,
      says: "calls type tenantry.odd",
    },

    {
      sql: `create policy odd on pooled.users using (${CONDITION} and exists (select from pooled.topics))`,
      says: "has a sub-select",
    },
    {
      sql: `create function tenantry.yes() returns boolean language sql as 'select true'; alter function tenantry.yes() owner to tenantry_control;
        revoke execute on function tenantry.yes() from public;
        create policy odd on pooled.users as restrictive using (tenantry.yes())`,
      says: "calls function tenantry.yes()",
    },
  ],
  tenant_id_missing: [
    { sql: `${OWNER} create table pooled.countries (code text primary key)`, says: "pooled.countries" },
    { sql: `${OWNER} create table tenant_birch.notes (tenant_id text, note text)`, says: "tenant_birch.notes" },
  ],
  tenant_id_nullable: [
    {
      sql: `${OWNER} ${TABLE}; ${GUARD}; alter table pooled.extra alter tenant_id drop not null`,
      says: "pooled.extra.tenant_id",
    },
  ],
  tenant_id_default: [
    { sql: "alter table pooled.users alter tenant_id drop default", says: "has no default" },
    { sql: "alter table tenant_birch.users alter tenant_id set default gen_random_uuid()", says: "gen_random_uuid()" },
  ],
  unique_without_tenant: [
    { sql: "create unique index users_email on pooled.users (email)", says: "users_email" },
    { sql: "create unique index users_email on tenant_birch.users (email) include (tenant_id)", says: "users_email" },
  ],
  exclusion_without_tenant: [
    { sql: "alter table pooled.users add constraint alone exclude (email with =)", says: "constraint alone" },
  ],
  foreign_key_without_tenant: [
    {
      sql: `${OWNER} ${TABLE}; ${GUARD}; alter table pooled.extra add unique (tenant_id, id), add ref uuid,
        add constraint crossed foreign key (ref, id) references pooled.extra (tenant_id, id)`,
      says: "constraint crossed",
    },
    {
      sql: `alter table tenant_birch.topics add constraint abroad foreign key (tenant_id, id) references pooled.topics (tenant_id, id)`,
      says: "constraint abroad",
    },
  ],
  partition_granted: [
    {
      sql: `${OWNER} ${TABLE} partition by range (id); ${GUARD};
        create table pooled.extra_1 partition of pooled.extra for values from (0) to (9); grant select on pooled.extra_1 to tenantry_app`,
      says: "select for tenantry_app",
    },
    {
      sql: `${OWNER} ${TABLE} partition by range (id); ${GUARD};
        create table pooled.extra_1 partition of pooled.extra for values from (0) to (9); grant update (id) on pooled.extra_1 to tenantry_app`,
      says: "update of column id",
    },
  ],
  default_partition: [
    {
      sql: `${OWNER} ${TABLE} partition by range (id); ${GUARD}; create table pooled.extra_0 partition of pooled.extra default`,
      says: "pooled.extra_0",
    },
  ],
  hash_partitions: [{ sql: `${OWNER} ${TABLE} partition by hash (tenant_id); ${GUARD}`, says: "HASH (tenant_id)" }],
  foreign_parent: [
    {
      sql: `create table tenantry.parent (like pooled.topics); alter table tenantry.parent owner to tenantry_owner;
        ${OWNER} alter table pooled.topics inherit tenantry.parent`,
      says: "tenantry.parent",
    },
  ],
  materialized_view: [{ sql: "create materialized view public.copied as select 1 as one", says: "public.copied" }],
  view_without_invoker: [
    { sql: `${OWNER} create view pooled.seen as select 1 as one`, says: "pooled.seen" },
    { sql: "create view public.seen with (security_invoker = off) as select 1 as one", says: "public.seen" },
  ],
  unlogged_table: [{ sql: "alter table pooled.partition_leases set unlogged", says: "pooled.partition_leases" }],
  rule: [
    {
      sql: `${OWNER} create view tenant_birch.seen with (security_invoker) as select 1 as one;
        create rule others as on insert to tenant_birch.seen do instead select name from pooled.users`,
      says: "tenant_birch.seen rule others",
    },
    { sql: "create rule nothing as on delete to pooled.users do instead nothing", says: "rule nothing" },
  ],
  foreign_trigger: [
    {
      sql: `${OWNER} create view pooled.seen with (security_invoker) as select 1 as one;
        create trigger taking instead of insert on pooled.seen for each row execute function suppress_redundant_updates_trigger()`,
      says: "pooled.seen trigger taking",
    },

    {
      sql: `create trigger tenantry_quota_like before update on pooled.users for each row
        execute function suppress_redundant_updates_trigger()`,
      says: "trigger tenantry_quota_like",
    },
  ],
  foreign_owner: [
    {
      sql: "create view tenant_oak.seen as select name from pooled.users; alter view tenant_oak.seen owner to tenantry_owner",
      says: "tenant_oak.seen belongs to tenantry_owner",
    },

    { sql: "alter table pooled.topics owner to tenantry_admin", says: "pooled.topics belongs to tenantry_admin" },
    { sql: "alter schema tenant_birch owner to tenantry_admin", says: "schema tenant_birch" },
  ],
  shared_sequence: [
    {
      sql: `${OWNER} ${TABLE}; ${GUARD}; alter table pooled.extra alter id add generated always as identity`,
      says: "counts for all",
    },
    {
      sql: `create sequence tenantry.numbers; alter table tenant_birch.consumer_offsets
        alter partition set default nextval('tenantry.numbers')`,
      says: "takes numbers from tenantry.numbers",
    },
  ],
  stray_table: [{ sql: "create table public.left_over (id int)", says: "public.left_over" }],
  definer_function: [
    {
      sql: `create function pooled.f() returns int language sql security definer set search_path = pg_catalog, pg_temp as 'select 1';
        alter function pooled.f() owner to tenantry_owner; revoke execute on function pooled.f() from public`,
      says: "pooled.f()",
    },
  ],
  function_search_path: [
    { sql: "alter function pooled.tenants_of_email(text) reset search_path", says: "pooled.tenants_of_email(text)" },
    { sql: "alter function tenantry.current_tenant() reset search_path", says: "tenantry.current_tenant()" },
    { sql: "alter function tenantry.current_tenant() set search_path = pooled", says: "search_path=pooled" },
  ],
  public_schema: [
    { sql: "grant usage on schema pooled to public", says: "usage for everybody" },
    { sql: "grant create on schema public to public", says: "create for everybody" },
    { sql: "grant usage on schema tenant_oak to public", says: "schema tenant_oak" },
  ],
  public_table: [
    { sql: "grant select on pooled.users to public", says: "pooled.users" },
    { sql: "grant select (email) on tenant_birch.users to public", says: "tenant_birch.users.email" },
    { sql: "grant select on tenantry.keys to public", says: "tenantry.keys" },
  ],
  public_function: [
    { sql: "grant execute on function tenantry.current_tenant() to public", says: "tenantry.current_tenant()" },
    { sql: "create function public.f() returns int language sql as 'select 1'", says: "public.f()" },
  ],
  public_database: [
    { sql: "grant temporary on database app to public", says: "database app temporary" },
    { sql: "grant connect on database postgres to public", says: "database postgres connect" },
  ],
  database_granted: [
    { sql: "grant create, temporary on database app to tenantry_app", says: "database app temporary for tenantry_app" },
    { sql: "grant connect on database postgres to login_birch_a", says: "connect for login_birch_a" },
  ],
  granted_default_privilege: [
    {
      sql: "alter default privileges for role tenantry_owner grant usage on schemas to role_birch",
      says: "usage on new schemas for role_birch",
    },
  ],
  foreign_function: [
    ...[
      "alter table pooled.users add check (tenant_oak.f(email))",
      "create index i on pooled.users (tenant_oak.f(email))",
    ].map((sql) => ({
      sql: `create function tenant_oak.f(text) returns boolean language sql immutable security definer as 'select true'; ${sql}`,
      says: "calls tenant_oak.f(text)",
    })),
  ],
  public_large_object: [{ sql: "select lo_create(4711); grant select on large object 4711 to public", says: "4711" }],
  public_default_privilege: [
    {
      sql: "alter default privileges for role tenantry_owner in schema pooled grant select on tables to public",
      says: "select on new tables",
    },
    {
      sql: "alter default privileges for role tenantry_owner grant execute on functions to public",
      says: "default privileges of tenantry_owner execute",
    },
  ],
  excess_privilege: [
    { sql: "grant select on pooled.users to tenantry_sign_in", says: "select for tenantry_sign_in" },
    { sql: "grant select (name) on pooled.topics to tenantry_sign_in", says: "pooled.topics.name" },
    { sql: "grant update (status) on pooled.users to tenantry_sign_in", says: "update for tenantry_sign_in" },
    { sql: "grant truncate on pooled.users to tenantry_app", says: "truncate for tenantry_app" },
    {
      sql: "grant select on tenant_birch.users to role_birch with grant option",
      says: "select with grant option for role_birch",
    },
  ],
  foreign_grant: [
    { sql: "grant execute on function tenantry.current_tenant() to role_birch", says: "execute for role_birch" },

    { sql: "grant select on tenant_birch.users to role_elm", says: "select for role_elm" },
    { sql: "grant usage on schema pooled to role_birch", says: "usage for role_birch" },
    { sql: "grant select (email) on pooled.users to tenantry_pooler", says: "pooled.users.email" },
  ],
  control_table_granted: [
    { sql: "grant update on tenantry.plans to tenantry_app", says: "update for tenantry_app" },

    { sql: "grant select (secret) on tenantry.tenants to tenantry_app", says: "tenantry.tenants.secret" },
    { sql: "grant update (status) on tenantry.tenants to tenantry_sign_in", says: "update for tenantry_sign_in" },
    { sql: "grant select (line) on tenantry.tenants to tenantry_sign_in", says: "tenantry.tenants.line" },
    { sql: "grant select on tenantry.tenants to tenantry_sign_in", says: "select for tenantry_sign_in" },
    { sql: "grant select on tenantry.keys to tenantry_app", says: "tenantry.keys" },
    { sql: "grant update (tenant_id) on tenantry.logins to tenantry_owner", says: "tenantry.logins.tenant_id" },
  ],
  large_object: [{ sql: "select lo_create(4711); alter large object 4711 owner to tenantry_app", says: "4711" }],
  leftover_login: [
    { sql: "create role login_nobody_a login", says: "login_nobody_a" },
    { sql: "create role login_gone_a login", says: "login_gone_a" },
    {
      sql: "create role other login; comment on role other is 'tenantry 8bc88574-6536-513c-b749-d6fa940d8c61'",
      says: "role other",
    },
  ],
  leftover_role: [{ sql: "create role role_nobody", says: "role_nobody" }],
  strange_member: [
    { sql: "grant pg_read_all_data to login_elm_a", says: "role pg_read_all_data has the member login_elm_a" },

    { sql: "grant tenantry_sign_in to tenantry_app", says: "tenantry_app" },
    { sql: "create role mallory; grant role_birch to mallory", says: "mallory" },
    { sql: "create role mallory; grant tenantry_tenants to mallory", says: "mallory" },
    { sql: "grant tenantry_owner to tenantry_app", says: "tenantry_app" },
    { sql: "grant role_birch to login_elm_a", says: "login_elm_a" },
    { sql: "grant tenantry_tenants to role_gone", says: "role_gone" },
  ],
  role_admin_option: [
    { sql: "grant role_birch to login_birch_a with admin option", says: "login_birch_a may grant it" },
  ],
  role_drift: [
    { sql: "alter role login_birch_a superuser", says: "is superuser" },
    { sql: "alter role tenantry_app bypassrls createrole", says: "is bypassrls, createrole" },
    { sql: "alter role tenantry_admin_001 login replication", says: "is replication, login" },
    { sql: "alter role role_birch noinherit", says: "is noinherit" },
  ],
  bypassing_role: [{ sql: "create role mallory bypassrls", says: "mallory" }],
  role_setting: [
    { sql: `alter role tenantry_app set "Tenantry"."Other" = 'x'`, says: "Tenantry.Other" },

    { sql: "alter role login_birch_a set role = 'role_birch'", says: "role = role_birch" },
    { sql: "alter role login_birch_a set search_path = tenant_elm", says: "search_path = tenant_elm" },
    { sql: "alter role login_birch_a in database app set statement_timeout = 0", says: "statement_timeout = 0" },
    { sql: "alter role login_birch_a set statement_timeout = '1us'", says: "statement_timeout = 1us" },
    { sql: "alter role login_birch_a set transaction_timeout = ' 0'", says: "transaction_timeout =  0" },
    { sql: "alter role tenantry_app set row_security = off", says: "row_security = off" },
    { sql: "alter role tenantry_app set tenantry.context = 'k1.x'", says: "tenantry.context" },
    { sql: "alter database app set search_path = public", says: "database app" },
  ],
  extension_not_allowed: [{ sql: "create extension pg_trgm", says: "extension pg_trgm" }],
  publication: [{ sql: "create publication p for all tables", says: "publication p" }],
  subscription: [
    {
      sql: "create subscription s connection 'host=127.0.0.1' publication p with (connect = false, slot_name = none)",
      says: "subscription s",
    },
  ],
  foreign_server: [
    { sql: "create foreign data wrapper w; create server elsewhere foreign data wrapper w", says: "server elsewhere" },
  ],
  event_trigger: [
    {
      sql: `create function tenantry.on_ddl() returns event_trigger language plpgsql as 'begin end';
        alter function tenantry.on_ddl() owner to tenantry_control; revoke execute on function tenantry.on_ddl() from public;
        create event trigger watching on ddl_command_end execute function tenantry.on_ddl()`,
      says: "event trigger watching",
    },
  ],
};
