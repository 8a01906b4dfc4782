--! severity: error
--! holds: No setting of a role makes it somebody else, blind to row security, or free of a limit of time
--! fix: `up --refresh`, or: alter role <role> [in database <database>] reset <setting>
-- What else differs from the plan is drift: `refresh` tells of it. A time in another spelling may round to none: '1us' is 0.
select coalesce('role ' || r.rolname, 'database ' || quote_ident(d.datname)), format('%s = %s', setting.name, setting.value)
from pg_db_role_setting s
left join own_roles o on o.oid = s.setrole
left join pg_roles r on r.oid = s.setrole
left join pg_database d on d.oid = s.setdatabase
cross join unnest(s.setconfig) line
cross join lateral (select split_part(line, '=', 1), substr(line, strpos(line, '=') + 1)) setting (name, value)
where (o.oid is not null or s.setrole = 0) and (
  setting.name in ('row_security', 'session_replication_role', 'session_preload_libraries', 'local_preload_libraries')
  or starts_with(lower(setting.name), 'tenantry.')
  or setting.name = 'role' and setting.value is distinct from o.acts_as
  or setting.name = 'search_path' and setting.value <> all (coalesce(o.paths, '{}'))
  or setting.name in ('statement_timeout', 'transaction_timeout', 'idle_in_transaction_session_timeout')
    and setting.value !~ '^[1-9][0-9]*(ms|s|min|h|d)?$')
