--! severity: warning
--! holds: Row security binds every role of the server, but the one of its maker
--! fix: alter role <role> nosuperuser nobypassrls
-- The first role of a server, or those of RDS: nobody else can change them.
select 'role ' || quote_ident(r.rolname), 'row security does not bind it'
from pg_roles r
where (r.rolsuper or r.rolbypassrls) and r.oid <> 10 and r.rolname !~ '^rds' and r.oid not in (select oid from own_roles)
