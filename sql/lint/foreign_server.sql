--! severity: error
--! holds: The database knows no other server
--! fix: drop server <server> cascade
select 'server ' || quote_ident(srvname), 'belongs to ' || srvowner::regrole
from pg_foreign_server
