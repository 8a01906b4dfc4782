--! severity: warning
--! holds: No table has a default partition, which no plan can leave out and which blocks new partitions
--! fix: move its rows to partitions of their own, then: drop table <partition>
select t.label, 'default partition ' || p.partdefid::regclass
from tables t join pg_partitioned_table p on p.partrelid = t.oid
where p.partdefid <> 0
