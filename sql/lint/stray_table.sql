--! severity: warning
--! holds: Every table is in a schema that Tenantry knows
--! fix: move it into a file of sql/tenant, or to a database of its own; nothing guards it here
select label, 'is in no schema of Tenantry''s'
from relations
where kind = 'other' and relkind in ('r', 'p')
