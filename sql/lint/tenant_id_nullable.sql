--! severity: error
--! holds: tenant_id is never null
--! fix: write `tenant_id uuid not null`; for a table that is there: alter table <table> alter tenant_id set not null
select label || '.tenant_id', 'may be null: such a row is nobody''s'
from tables
where tenant_column is not null and not tenant_not_null
