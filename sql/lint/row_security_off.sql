--! severity: error
--! holds: Row security is on for every pooled table
--! fix: `up --refresh`, or: alter table <table> enable row level security
select label, 'row security is off'
from guarded
where kind = 'pooled' and not relrowsecurity
