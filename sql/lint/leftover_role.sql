--! severity: warning
--! holds: Every role of a tenant's name belongs to a tenant, or to one whose data is still there
--! fix: drop owned by <role>; drop role <role>, after a look at what it owns
select 'role ' || quote_ident(r.rolname), 'no tenant here has or had it'
from pg_roles r
where not r.rolcanlogin and (r.rolname ~ '^(role|login)_' or shobj_description(r.oid, 'pg_authid') ~ '^tenantry [0-9a-f]{8}-')
  and r.rolname not in (select name from tenant_roles)
