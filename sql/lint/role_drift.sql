--! severity: error
--! holds: No role of Tenantry's is more than a plain role
--! fix: `up --refresh`, or: alter role <role> nosuperuser nobypassrls nocreaterole nocreatedb noreplication inherit
select 'role ' || quote_ident(r.rolname), 'is ' || array_to_string(more.words, ', ')
from pg_roles r join own_roles o on o.oid = r.oid
cross join lateral (select array_remove(array[
  case when r.rolsuper then 'superuser' end, case when r.rolbypassrls then 'bypassrls' end,
  case when r.rolcreaterole and not o.administers then 'createrole' end, case when r.rolcreatedb then 'createdb' end,
  case when r.rolreplication then 'replication' end, case when not r.rolinherit then 'noinherit' end,
  case when r.rolcanlogin and not o.logs_in then 'login' end], null)) more (words)
where more.words <> '{}'
