--! severity: error
--! holds: There is no materialized view: no policy holds for what was copied into one
--! fix: drop materialized view <view>; let the application keep a table, with tenant_id, up to date
select label, 'holds rows that no policy is asked about'
from relations
where relkind = 'm' and kind <> 'own'
