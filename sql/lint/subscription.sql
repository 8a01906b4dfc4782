--! severity: error
--! holds: Nothing subscribes: rows from elsewhere come in past every guard
--! fix: drop subscription <subscription>
select 'subscription ' || quote_ident(s.subname), 'belongs to ' || s.subowner::regrole
from pg_subscription s join pg_database d on d.oid = s.subdbid
where d.datname = current_database()
