--! severity: error
--! holds: Every table has a column tenant_id of type uuid
--! fix: write `tenant_id uuid not null` as the first column of the table's file; without it nobody can be let in
select label, 'has no column tenant_id of type uuid, and so no guard'
from tables
where not relispartition and tenant_column is null
