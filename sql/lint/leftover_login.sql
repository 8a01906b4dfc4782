--! severity: error
--! holds: Every login of a tenant's name belongs to a tenant that lives here
--! fix: drop role <login>, after `tenantry directory` has shown that nobody uses it
select 'role ' || quote_ident(r.rolname), 'may log in, and no tenant here has it'
from pg_roles r
where r.rolcanlogin and (r.rolname ~ '^(role|login)_' or shobj_description(r.oid, 'pg_authid') ~ '^tenantry [0-9a-f]{8}-')
  and not exists (select from tenant_roles t where t.name = r.rolname and t.status <> 'removed')
