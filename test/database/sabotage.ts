/** What somebody with too many privileges, or too little time, does to a schema. */

export const POOLED = "pooled";
export const BIRCH = "tenant_birch";

interface Sabotage {
  readonly does: string;
  readonly schema: string;
  readonly sql: string;
  /** What the shape says. */
  readonly says: string;
  /** Who does it; the owner of the tables unless it says otherwise. */
  readonly by?: "superuser";
}

/** What the guard repairs. */
export const SABOTAGE: readonly Sabotage[] = [
  {
    does: "takes a privilege",
    schema: BIRCH,
    sql: "revoke insert on tenant_birch.topics from role_birch",
    says: "topics: insert missing for role_birch",
  },
  {
    does: "takes all privileges",
    schema: POOLED,
    sql: "revoke all on pooled.topics from tenantry_reader",
    says: "topics: select missing for tenantry_reader",
  },
  {
    does: "takes the schema",
    schema: POOLED,
    sql: "revoke usage on schema pooled from tenantry_app",
    says: "schema: usage missing for tenantry_app",
  },
  {
    does: "gives a privilege",
    schema: BIRCH,
    sql: "grant delete on tenant_birch.events to role_birch",
    says: "events: delete not expected for role_birch",
  },
  {
    does: "gives truncate",
    schema: POOLED,
    sql: "grant truncate on pooled.users to tenantry_app",
    says: "users: truncate not expected for tenantry_app",
  },
  {
    does: "gives to everybody",
    schema: POOLED,
    sql: "grant select on pooled.users to public",
    says: "users: select not expected for public",
  },
  {
    does: "gives to a neighbour",
    schema: BIRCH,
    sql: "grant usage on schema tenant_birch to role_elm; grant select on tenant_birch.users to role_elm",
    says: "schema: usage not expected for role_elm; users: select not expected for role_elm",
  },
  {
    does: "gives create",
    schema: BIRCH,
    sql: "grant create on schema tenant_birch to role_birch",
    says: "schema: create not expected for role_birch",
  },
  {
    does: "gives what can be passed on, and it is",
    schema: POOLED,
    by: "superuser",
    sql: "grant select on pooled.users to tenantry_reader with grant option; set role tenantry_reader; grant select on pooled.users to stranger; reset role",
    says: "users: select not expected for stranger; users: select missing for tenantry_reader; users: select with grant option not expected for tenantry_reader",
  },
  {
    does: "gives the schema so that it can be passed on, and it is",
    schema: BIRCH,
    by: "superuser",
    sql: "grant usage on schema tenant_birch to role_birch with grant option; set role role_birch; grant usage on schema tenant_birch to stranger; reset role",
    says: "schema: usage not expected for stranger; schema: usage missing for role_birch",
  },
  {
    does: "gives a column",
    schema: BIRCH,
    sql: "grant select (email), update (email) on tenant_birch.users to role_elm",
    says: "users.email: select not expected for role_elm; users.email: update not expected for role_elm",
  },
  {
    does: "gives whatever will be made",
    schema: BIRCH,
    sql: "alter default privileges in schema tenant_birch grant select on tables to role_elm; alter default privileges in schema tenant_birch grant usage on sequences to role_birch with grant option",
    says: "default for S of tenantry_owner: usage with grant option not expected for role_birch; default for r of tenantry_owner: select not expected for role_elm",
  },
  {
    does: "takes the owner's own privileges",
    schema: BIRCH,
    sql: "revoke select, insert on tenant_birch.topics from tenantry_owner",
    says: "topics: insert missing for tenantry_owner; topics: select missing for tenantry_owner",
  },
  {
    does: "changes an owner",
    schema: BIRCH,
    by: "superuser",
    sql: "alter table tenant_birch.topics owner to tenantry_admin",
    says: "topics: is table, owner tenantry_admin, should be table, owner tenantry_owner",
  },
  {
    does: "changes the schema's owner",
    schema: POOLED,
    by: "superuser",
    sql: "alter schema pooled owner to tenantry_admin",
    says: "schema: is owner tenantry_admin, should be owner tenantry_owner",
  },
  {
    does: "switches row security off",
    schema: POOLED,
    sql: "alter table pooled.users disable row level security",
    says: "users: is table, owner tenantry_owner, row security off but forced, should be table, owner tenantry_owner, row security forced",
  },
  {
    does: "no longer forces it",
    schema: POOLED,
    sql: "alter table pooled.users no force row level security",
    says: "users: is table, owner tenantry_owner, row security not forced, should be table, owner tenantry_owner, row security forced",
  },
  {
    does: "drops the wall",
    schema: POOLED,
    sql: "drop policy tenant_wall on pooled.users",
    says: "users policy tenant_wall: missing",
  },
  {
    does: "widens a policy",
    schema: POOLED,
    sql: "alter policy tenant_access on pooled.users using (true)",
    says: "users policy tenant_access: is permissive for all to tenantry_app, tenantry_reader using true",
  },
  {
    does: "widens what may be written",
    schema: POOLED,
    sql: "alter policy tenant_wall on pooled.users with check (true)",
    says: "with check true",
  },
  {
    does: "gives a policy to others",
    schema: POOLED,
    sql: "alter policy tenant_access on pooled.users to public",
    says: "users policy tenant_access: is permissive for all to public",
  },
  {
    does: "takes everybody from the wall",
    schema: POOLED,
    sql: "alter policy tenant_wall on pooled.users to stranger",
    says: "users policy tenant_wall: is restrictive for all to stranger",
  },
  {
    does: "makes a permissive wall",
    schema: POOLED,
    sql: "drop policy tenant_wall on pooled.users; create policy tenant_wall on pooled.users using (tenant_id = (select tenantry.current_tenant()))",
    says: "users policy tenant_wall: is permissive",
  },
  {
    does: "adds a policy",
    schema: POOLED,
    sql: "create policy support on pooled.users for select to tenantry_reader using (true)",
    says: "users policy support: not expected",
  },
  {
    does: "uses an operator of its own",
    schema: POOLED,
    by: "superuser",
    sql: "create function public.yes(uuid, uuid) returns bool language sql immutable as 'select true'; create operator public.= (leftarg = uuid, rightarg = uuid, function = public.yes); alter policy tenant_wall on pooled.users using (tenant_id operator(public.=) (select tenantry.current_tenant()))",
    says: "OPERATOR(public.=)",
  },
  {
    does: "lets the owner of the look-ups write",
    schema: POOLED,
    sql: "drop policy tenant_sign_in on pooled.users; create policy tenant_sign_in on pooled.users to tenantry_sign_in using (true)",
    says: "users policy tenant_sign_in: is permissive for all to tenantry_sign_in using true, should be permissive for select",
  },
  {
    does: "lets everybody read what sign-in reads",
    schema: POOLED,
    sql: "alter policy tenant_sign_in on pooled.users to public",
    says: "users policy tenant_sign_in: is permissive for select to public",
  },
  {
    does: "gives the owner of the look-ups another column",
    schema: POOLED,
    sql: "grant select (password_hash) on pooled.users to tenantry_sign_in",
    says: "users.password_hash: select not expected for tenantry_sign_in",
  },
  {
    does: "takes a column from the owner of the look-ups",
    schema: POOLED,
    sql: "revoke select (email) on pooled.users from tenantry_sign_in",
    says: "users.email: select missing for tenantry_sign_in",
  },
  {
    does: "drops a look-up",
    schema: POOLED,
    sql: "drop function pooled.tenants_of_email(text)",
    says: "function {schema}.tenants_of_email(text): missing",
  },
  {
    does: "puts a function of its own in the place of a look-up, and something on top of it",
    schema: POOLED,
    sql: "drop function if exists pooled.tenants_of_email(text); create function pooled.tenants_of_email(text) returns setof text language sql as 'select $1'; create view pooled.found as select * from pooled.tenants_of_email('a')",
    says: "function {schema}.tenants_of_email(text): is owner tenantry_owner, volatile",
  },
  {
    does: "adds a look-up of the same name that a call could mean as well",
    schema: POOLED,
    sql: "create function pooled.tenants_of_email(name) returns setof name language sql as 'select $1'",
    says: "function {schema}.tenants_of_email(name): not expected",
  },
  {
    does: "makes a look-up with the rights of sign-in",
    schema: POOLED,
    by: "superuser",
    sql: "create function pooled.everybody() returns setof text language sql security definer as 'select email from pooled.users'; alter function pooled.everybody() owner to tenantry_sign_in",
    says: "function {schema}.everybody(): not expected",
  },
  {
    does: "changes what a look-up compares",
    schema: POOLED,
    by: "superuser",
    sql: "update pg_proc set prosrc = replace(prosrc, 'r.email = $1', 'r.email like $1') where proname = 'tenants_of_email'",
    says: "function {schema}.tenants_of_email(text): is owner tenantry_sign_in, security definer, stable",
  },
  {
    does: "takes the search path from a look-up, and its owner's rights",
    schema: POOLED,
    by: "superuser",
    sql: "alter function pooled.tenant_of_api_key(bytea) reset all security invoker",
    says: "function {schema}.tenant_of_api_key(bytea): is owner tenantry_sign_in, stable, body",
  },
  {
    does: "lets others ask",
    schema: POOLED,
    by: "superuser",
    sql: "grant execute on function pooled.tenant_of_api_key(bytea) to public; grant execute on function pooled.tenants_of_email(text) to tenantry_reader, tenantry_app with grant option",
    says: "function tenant_of_api_key: execute not expected for public; function tenants_of_email: execute missing for tenantry_app; function tenants_of_email: execute with grant option not expected for tenantry_app; function tenants_of_email: execute with grant option not expected for tenantry_reader",
  },
  {
    does: "lets nobody ask",
    schema: POOLED,
    by: "superuser",
    sql: "revoke execute on function pooled.tenants_of_email(text) from tenantry_app, tenantry_sign_in",
    says: "function tenants_of_email: execute missing for tenantry_app",
  },
  {
    does: "secures rows where none are shared",
    schema: BIRCH,
    sql: "alter table tenant_birch.users enable row level security; create policy nobody on tenant_birch.users using (false)",
    says: "users policy nobody: not expected",
  },
  {
    does: "changes a default",
    schema: BIRCH,
    sql: "alter table tenant_birch.users alter tenant_id set default gen_random_uuid()",
    says: "users.tenant_id default: is gen_random_uuid(), should be '{id}'::uuid",
  },
  {
    does: "drops a default",
    schema: POOLED,
    sql: "alter table pooled.users alter tenant_id drop default",
    says: "users.tenant_id default: missing",
  },
  {
    does: "drops a check",
    schema: BIRCH,
    sql: "alter table tenant_birch.users drop constraint tenant_wall",
    says: "users constraint tenant_wall: missing",
  },
  {
    does: "loosens a check",
    schema: BIRCH,
    sql: "alter table tenant_birch.users drop constraint tenant_wall, add constraint tenant_wall check (tenant_id is not null)",
    says: "users constraint tenant_wall: is CHECK ((tenant_id IS NOT NULL))",
  },
  {
    does: "does not validate a check",
    schema: BIRCH,
    sql: "alter table tenant_birch.users drop constraint tenant_wall; do $$ begin execute format('alter table tenant_birch.users add constraint tenant_wall check (tenant_id = %L) not valid', (select substring(pg_get_expr(adbin, adrelid) from 2 for 36) from pg_attrdef where adrelid = 'tenant_birch.topics'::regclass order by adnum limit 1)); end $$",
    says: "NOT VALID",
  },
  {
    does: "drops what counts",
    schema: POOLED,
    sql: "drop trigger tenantry_quota_partitions_per_topic_delete on pooled.partitions",
    says: "partitions trigger tenantry_quota_partitions_per_topic_delete: missing",
  },
  {
    does: "switches off what counts",
    schema: BIRCH,
    sql: "alter table tenant_birch.usage_events disable trigger tenantry_quota_messages_per_month_insert",
    says: "usage_events trigger tenantry_quota_messages_per_month_insert: is CREATE TRIGGER",
  },
  {
    does: "lets a frozen tenant write",
    schema: BIRCH,
    sql: "alter table tenant_birch.events disable trigger tenantry_quota_storage_gb",
    says: "events trigger tenantry_quota_storage_gb: is CREATE TRIGGER",
  },
  {
    does: "hides behind a name of ours",
    schema: POOLED,
    sql: "create trigger tenantry_quota_mine before insert on pooled.users for each row execute function suppress_redundant_updates_trigger()",
    says: "users trigger tenantry_quota_mine: not expected",
  },
];

/** What was added to a tenant's schema or taken from it, with its SQL, and what the shape says. The guard leaves it alone. */
export const STRANGE: readonly (readonly [what: string, sql: string, says: string])[] = [
  [
    "a view",
    "create view tenant_birch.v with (security_invoker) as select id from tenant_birch.topics",
    "v: not expected",
  ],
  ["a materialized view", "create materialized view tenant_birch.m as select 1 as one", "m: not expected"],
  ["a table", "create table tenant_birch.extra (id int)", "extra: not expected"],
  [
    "a function",
    "create function tenant_birch.f() returns int language sql as 'select 1'",
    "function {schema}.f(): not expected",
  ],
  [
    "a trigger",
    "create trigger t before update on tenant_birch.topics for each row execute function suppress_redundant_updates_trigger()",
    "topics trigger t: not expected",
  ],
  ["a rule", "create rule r as on delete to tenant_birch.topics do instead nothing", "topics rule r: not expected"],
  ["a type", "create type tenant_birch.mood as enum ('good')", "type {schema}.mood: not expected"],
  [
    "a domain",
    "create domain tenant_birch.short as text check (length(value) < 9)",
    "type {schema}.short: not expected",
  ],
  ["a sequence", "create sequence tenant_birch.s", "s: not expected"],
  [
    "an operator",
    "create operator tenant_birch.~~~ (leftarg = int, rightarg = int, function = int4eq)",
    "operator {schema}.~~~(integer,integer): not expected",
  ],
  ["an index", "create index i on tenant_birch.topics (name)", "topics index i: not expected"],
  ["a dropped index", "drop index tenant_birch.events_type_idx", "events index events_type_idx: missing"],
  [
    "a dropped table",
    "drop table tenant_birch.payment_methods cascade",
    "payment_methods: missing; subscriptions constraint subscriptions_tenant_id_payment_method_id_fkey: missing",
  ],
  [
    "a dropped column",
    "alter table tenant_birch.users drop column name",
    "users constraint users_name_check: missing; users.name: missing",
  ],
  [
    "a changed type",
    "alter table tenant_birch.consumer_offsets alter partition type bigint",
    "consumer_offsets.partition: is bigint not null, should be integer not null",
  ],
  [
    "a nullable column",
    "alter table tenant_birch.topics alter settings drop not null",
    "topics.settings: is jsonb, should be jsonb not null",
  ],
  [
    "a foreign key that does something else",
    "alter table tenant_birch.partitions drop constraint partitions_tenant_id_topic_id_fkey, add constraint partitions_tenant_id_topic_id_fkey foreign key (tenant_id, topic_id) references tenant_birch.topics (tenant_id, id)",
    "should be FOREIGN KEY (tenant_id, topic_id) REFERENCES {schema}.topics(tenant_id, id) ON DELETE CASCADE",
  ],
  [
    "a parent elsewhere",
    "create table public.parent (like tenant_birch.topics); alter table tenant_birch.topics inherit public.parent",
    "topics parent public.parent: not expected",
  ],
  [
    "a table that is not logged",
    "alter table tenant_birch.partition_leases set unlogged",
    "partition_leases: is table, owner tenantry_owner, unlogged",
  ],
  [
    "a replica identity",
    "alter table tenant_birch.topics replica identity full",
    "topics: is table, owner tenantry_owner, replica identity f",
  ],
];
