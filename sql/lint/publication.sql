--! severity: warning
--! holds: Nothing publishes rows: whoever subscribes gets those of all tenants
--! fix: drop publication <publication>, when nobody needs it
select 'publication ' || quote_ident(pubname), case when puballtables then 'all tables' else 'some tables' end
from pg_publication
