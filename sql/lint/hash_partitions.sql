--! severity: warning
--! holds: No table is partitioned by hash: under row security every partition would be planned for
--! fix: partition by range of time; the primary key on tenant_id finds the rows
select t.label, pg_get_partkeydef(t.oid)
from tables t join pg_partitioned_table p on p.partrelid = t.oid
where p.partstrat = 'h'
