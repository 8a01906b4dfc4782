--! severity: error
--! holds: No event trigger runs when objects change: it runs in sessions of the admin too
--! fix: drop event trigger <trigger>
select 'event trigger ' || quote_ident(e.evtname), 'runs ' || e.evtfoid::regprocedure
from pg_event_trigger e
where e.evtowner::regrole::text <> 'rdsadmin'
