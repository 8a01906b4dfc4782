--! severity: error
--! holds: Row security binds the owner of every pooled table too
--! fix: `up --refresh`, or: alter table <table> force row level security
select label, 'row security does not bind the owner of the table'
from guarded
where kind = 'pooled' and not relforcerowsecurity
