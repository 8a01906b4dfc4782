--! severity: error
--! holds: Row security binds the owner of every pooled table too
--! fix: run `up`, or: alter table <table> force row level security
select label, 'row security does not bind the owner of the table'
from guarded
where kind = 'pooled' and not relforcerowsecurity
