--! severity: warning
--! holds: Every role of a tenant's name belongs to a tenant, or to one whose data is still there
--! fix: reassign owned by <role> to current_user; drop owned by <role>; drop role <role>: what it owned stays, what it was granted goes
select 'role ' || quote_ident(r.rolname), 'no tenant here has or had it'
from pg_roles r
where not r.rolcanlogin and (r.rolname ~ '^(role|login)_' or shobj_description(r.oid, 'pg_authid') ~ '^tenantry [0-9a-f]{8}-')
  and r.rolname not in (select name from tenant_roles)
