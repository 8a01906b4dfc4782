/** How each guard of the SQL layer is taken away, so that its probe turns red. Run as the superuser, and undone. */

import type { ControlText } from "../../prove/probe";
import { contextOf } from "../../prove/sql/attackers";
import type { Stage } from "../../prove/sql/cell";
import { defaultId, loginsOf, PROBE_SLUGS, roleOf, schemaOf } from "../../registry/names";

export interface Control extends ControlText {
  /** SQL. */
  readonly apply: string | ((stage: Stage) => string);
  readonly undo: string;
}

const namesOf = (slug: string) => ({
  id: defaultId(slug),
  schema: schemaOf(slug),
  role: roleOf(slug),
  login: loginsOf(slug).a,
});
const C = namesOf(PROBE_SLUGS.c);
const D = namesOf(PROBE_SLUGS.d);
const B = defaultId(PROBE_SLUGS.b);
const ALL = [16, 17, 18];
const WALL = "tenant_id = (select tenantry.current_tenant())";

/** Both policies of a table: one alone still holds. */
const policies = (what: string) =>
  ["tenant_access", "tenant_wall"].map((name) => `alter policy ${name} on pooled.topics ${what}`).join("; ");

/** Notes how the function is, and makes it what the expression says of its `text`. */
const keep = (name: string, changed = "text") =>
  `create table public.kept as select pg_get_functiondef('${name}'::regprocedure) as text;
    do $$ begin execute (select ${changed} from public.kept); end $$`;
const RESTORE = "do $$ begin execute (select text from public.kept); end $$; drop table public.kept";

export const CONTROLS: readonly Control[] = [
  {
    probe: "read-rows",
    removes: "row security is switched off for a shared table",
    servers: ALL,
    apply: "alter table pooled.topics disable row level security",
    undo: "alter table pooled.topics enable row level security",
  },
  {
    probe: "read-rows",
    removes: "row security is not forced on the owner of a shared table",
    servers: ALL,
    apply: "alter table pooled.topics no force row level security",
    undo: "alter table pooled.topics force row level security",
  },
  {
    probe: "read-rows",
    removes: "the wall and the policy of a shared table let everybody through",
    servers: ALL,
    apply: policies("using (true)"),
    undo: policies(`using (${WALL})`),
  },
  {
    probe: "read-rows",
    removes: "the wall of a shared table is dropped, and somebody has added a policy beside it",
    servers: ALL,
    apply: "drop policy tenant_wall on pooled.topics; create policy everybody on pooled.topics for select using (true)",
    undo: `drop policy everybody on pooled.topics;
      create policy tenant_wall on pooled.topics as restrictive to public using (${WALL}) with check (${WALL})`,
  },
  {
    probe: "read-rows",
    removes: "the application's login bypasses row security",
    servers: ALL,
    apply: "alter role tenantry_app bypassrls",
    undo: "alter role tenantry_app nobypassrls",
  },
  {
    probe: "read-rows",
    removes: "a view of a superuser, without `security_invoker`, is granted to the application",
    servers: ALL,
    apply:
      "create view pooled.everything as select * from pooled.topics; grant select on pooled.everything to tenantry_app",
    undo: "drop view pooled.everything",
  },
  {
    probe: "read-rows",
    removes: "a materialized view of a shared table is granted to the application",
    servers: [17],
    apply:
      "create materialized view pooled.kept as select * from pooled.topics; grant select on pooled.kept to tenantry_app",
    undo: "drop materialized view pooled.kept",
  },
  {
    probe: "read-rows",
    removes: "a partition of a shared table is granted to the application",
    servers: ALL,
    apply: "grant select on pooled.readings_now to tenantry_app",
    undo: "revoke select on pooled.readings_now from tenantry_app",
  },
  {
    probe: "read-rows",
    removes: "a tenant's role may use a neighbour's schema, and read a table there",
    servers: ALL,
    apply: `grant usage on schema ${D.schema} to ${C.role}; grant select on ${D.schema}.topics to ${C.role}`,
    undo: `revoke usage on schema ${D.schema} from ${C.role}; revoke select on ${D.schema}.topics from ${C.role}`,
  },
  {
    probe: "read-rows",
    removes: "a tenant's login is made a member of another tenant's role",
    servers: ALL,
    apply: `grant ${D.role} to ${C.login}`,
    undo: `revoke ${D.role} from ${C.login}`,
  },
  {
    probe: "read-rows",
    removes: "the keys of contexts are readable for the application",
    servers: [17],
    apply: "grant select on tenantry.keys to tenantry_app",
    undo: "revoke select on tenantry.keys from tenantry_app",
  },
  {
    probe: "read-rows",
    removes: "a context is set for every session of the application",
    servers: [17],
    apply: (stage) => `alter role tenantry_app set tenantry.context = '${contextOf(stage.probes, B)}'`,
    undo: "alter role tenantry_app reset tenantry.context",
  },
  {
    probe: "write-rows",
    removes: "the wall and the policy of a shared table let everything be written",
    servers: ALL,
    apply: policies("with check (true)"),
    undo: policies(`with check (${WALL})`),
  },
  {
    probe: "write-rows",
    removes: "the check on `tenant_id` is gone from a tenant's own table",
    servers: ALL,
    apply: `alter table ${C.schema}.topics drop constraint tenant_wall`,
    undo: `alter table ${C.schema}.topics add constraint tenant_wall check (tenant_id = '${C.id}'::uuid)`,
  },
  {
    probe: "write-rows",
    removes: "the default of `tenant_id` in a tenant's own table is another tenant, and its check is gone",
    servers: [17],
    apply: `alter table ${C.schema}.users drop constraint tenant_wall, alter tenant_id set default '${D.id}'::uuid`,
    undo: `alter table ${C.schema}.users add constraint tenant_wall check (tenant_id = '${C.id}'::uuid), alter tenant_id set default '${C.id}'::uuid`,
  },
  {
    probe: "contexts",
    removes: "`tenantry.current_tenant()` believes what is presented",
    servers: ALL,
    apply: `${keep("tenantry.current_tenant()")};
      create or replace function tenantry.current_tenant() returns uuid language sql stable security definer
        set search_path = pg_catalog, pg_temp
        as $$ select split_part(nullif(current_setting('tenantry.context', true), ''), '.', 2)::uuid $$`,
    undo: RESTORE,
  },
  {
    probe: "contexts",
    removes: "a context is set for the session, and stays on its connection",
    servers: [17],
    apply: (stage) => `alter role tenantry_reader set tenantry.context = '${contextOf(stage.probes, B)}'`,
    undo: "alter role tenantry_reader reset tenantry.context",
  },
  {
    probe: "sign-in",
    removes: "the look-up of e-mails compares by `like`",
    servers: ALL,
    apply: keep("pooled.tenants_of_email(text)", "replace(text, 'r.email = $1', 'r.email like $1')"),
    undo: RESTORE,
  },
  {
    probe: "sign-in",
    removes: "the look-up of keys compares what they begin with",
    servers: [17],
    apply: keep(
      "pooled.tenant_of_api_key(bytea)",
      "replace(text, 'r.key_hash = $1', 'substr(r.key_hash, 1, length($1)) = $1')",
    ),
    undo: RESTORE,
  },
  {
    probe: "sign-in",
    removes: "the reader may ask a look-up",
    servers: ALL,
    apply: "grant execute on function pooled.tenants_of_email(text) to tenantry_reader",
    undo: "revoke execute on function pooled.tenants_of_email(text) from tenantry_reader",
  },
  {
    probe: "shared-keys",
    removes: "a unique index of a shared table leaves `tenant_id` out",
    servers: ALL,
    apply: "create unique index everybody on pooled.topics (id)",
    undo: "drop index pooled.everybody",
  },
  {
    probe: "shared-keys",
    removes: "a reference of a shared table leaves `tenant_id` out",
    servers: ALL,
    apply: `alter table pooled.partitions drop constraint partitions_tenant_id_topic_id_fkey;
      create unique index everybody on pooled.topics (id);
      alter table pooled.partitions add constraint everybody foreign key (topic_id) references pooled.topics (id)`,
    undo: `alter table pooled.partitions drop constraint everybody; drop index pooled.everybody;
      alter table pooled.partitions add constraint partitions_tenant_id_topic_id_fkey
        foreign key (tenant_id, topic_id) references pooled.topics (tenant_id, id) on delete cascade`,
  },
  {
    probe: "privileges",
    removes: "`truncate` of a shared table is granted to the application",
    servers: ALL,
    apply: "grant truncate on pooled.topics to tenantry_app",
    undo: "revoke truncate on pooled.topics from tenantry_app",
  },
  {
    probe: "privileges",
    removes: "`public` may execute a function",
    servers: ALL,
    apply: "create function pooled.anything() returns integer language sql as 'select 1'",
    undo: "drop function pooled.anything()",
  },
  {
    probe: "privileges",
    removes: "`public` may connect to the cell's database",
    servers: ALL,
    apply: "grant connect on database app to public",
    undo: "revoke connect on database app from public",
  },
  {
    probe: "privileges",
    removes: "a sequence is shared by all tenants of the application",
    servers: [17],
    apply: "create sequence pooled.numbers; grant usage on sequence pooled.numbers to tenantry_app",
    undo: "drop sequence pooled.numbers",
  },
  {
    probe: "privileges",
    removes: "one column of a tenant's table is granted to a person's login",
    servers: [17],
    apply: `create role jane login; grant select (name) on ${D.schema}.topics to jane`,
    undo: "drop owned by jane; drop role jane",
  },
  {
    probe: "privileges",
    removes: "the reader may read all data",
    servers: [17],
    apply: "grant pg_read_all_data to tenantry_reader",
    undo: "revoke pg_read_all_data from tenantry_reader",
  },
  {
    probe: "privileges",
    removes: "somebody may copy the server as its standby",
    servers: [17],
    apply: "create role standby login replication",
    undo: "drop role standby",
  },
  {
    probe: "privileges",
    removes: "a tenant's role may read the verifiers of passwords",
    servers: ALL,
    apply: `grant select (rolpassword) on pg_authid to ${C.role}`,
    undo: `revoke select (rolpassword) on pg_authid from ${C.role}`,
  },
  {
    probe: "privileges",
    removes: "the application may set what switches triggers off",
    servers: [17],
    apply: "grant set on parameter session_replication_role to tenantry_app",
    undo: "revoke set on parameter session_replication_role from tenantry_app",
  },
  {
    probe: "change-guards",
    removes: "the counters of quotas may be changed by the application",
    servers: ALL,
    apply: "grant update on tenantry.usage to tenantry_app",
    undo: "revoke update on tenantry.usage from tenantry_app",
  },
  {
    probe: "change-guards",
    removes: "one column of the tenants, by which limits are set, may be changed by the application",
    servers: [17],
    apply: "grant update (line) on tenantry.tenants to tenantry_app",
    undo: "revoke update (line) on tenantry.tenants from tenantry_app",
  },
  {
    probe: "change-guards",
    removes: "a tenant's role owns a table of its schema",
    servers: ALL,
    apply: `alter table ${C.schema}.organizations owner to ${C.role}`,
    undo: `alter table ${C.schema}.organizations owner to tenantry_owner;
      grant select, insert, update, delete on ${C.schema}.organizations to ${C.role}`,
  },
  {
    probe: "become-others",
    removes: "the pooler is a member of the owner of the tables",
    servers: ALL,
    apply: "grant tenantry_owner to tenantry_pooler with inherit false, set true",
    undo: "revoke tenantry_owner from tenantry_pooler",
  },
  {
    probe: "become-others",
    removes: "the application may make roles",
    servers: [17],
    apply: "alter role tenantry_app createrole",
    undo: "alter role tenantry_app nocreaterole",
  },
  {
    probe: "make-objects",
    removes: "everybody may make temporary tables, and functions that leak what they are shown",
    servers: ALL,
    apply: "grant temporary on database app to public",
    undo: "revoke temporary on database app from public",
  },
  {
    probe: "make-objects",
    removes: "everybody may make objects in the schema `public`",
    servers: [17],
    apply: "grant create on schema public to public",
    undo: "revoke create on schema public from public",
  },
  {
    probe: "call-functions",
    removes: "a function that runs as a superuser gives the application the rows of all",
    servers: ALL,
    apply: `create function pooled.everything() returns setof pooled.topics language sql security definer
        set search_path = pg_catalog as 'select * from pooled.topics';
      grant execute on function pooled.everything() to tenantry_app`,
    undo: "drop function pooled.everything()",
  },
  {
    probe: "definer-paths",
    removes: "a function that runs as its owner has no `search_path`",
    servers: ALL,
    apply: "alter function tenantry.current_tenant() reset search_path",
    undo: "alter function tenantry.current_tenant() set search_path = pg_catalog, pg_temp",
  },
  {
    probe: "statistics",
    removes: "the application sees what all sessions run",
    servers: ALL,
    apply: "grant pg_read_all_stats to tenantry_app",
    undo: "revoke pg_read_all_stats from tenantry_app",
  },
  {
    probe: "statistics",
    removes: "a tenant may read a neighbour's table, and so its most common values",
    servers: [17],
    apply: `analyze ${D.schema}.topics; grant usage on schema ${D.schema} to ${C.role}; grant select on ${D.schema}.topics to ${C.role}`,
    undo: `revoke usage on schema ${D.schema} from ${C.role}; revoke select on ${D.schema}.topics from ${C.role}`,
  },
  {
    probe: "large-objects",
    removes: "everybody may read a large object",
    servers: ALL,
    apply: largeObject("grant select on large object %s to public"),
    undo: largeObject("revoke select on large object %s from public"),
  },
  {
    probe: "files-and-programs",
    removes: "the application may read files of the server",
    servers: ALL,
    apply: "grant execute on function pg_read_file(text) to tenantry_app",
    undo: "revoke execute on function pg_read_file(text) from tenantry_app",
  },
  {
    probe: "other-databases",
    removes: "everybody may connect to another database of the server",
    servers: ALL,
    apply: "grant connect on database postgres to public",
    undo: "revoke connect on database postgres from public",
  },
];

function largeObject(statement: string): string {
  return `do $$ begin execute format('${statement}', (select oid from pg_largeobject_metadata limit 1)); end $$`;
}
