--! severity: warning
--! holds: No table is unlogged: a crash empties it, and no replica and no backup has its rows
--! fix: alter table <table> set logged
select label, 'is empty after a crash'
from tables
where relpersistence = 'u'
