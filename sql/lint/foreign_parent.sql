--! severity: error
--! holds: No table inherits from, or lends its rows to, a table of another schema
--! fix: alter table <child> no inherit <parent>; whoever reads the parent reads the child, past its guards
select h.inhrelid::regclass::text, 'is a part of ' || h.inhparent::regclass
from pg_inherits h join pg_class child on child.oid = h.inhrelid join pg_class parent on parent.oid = h.inhparent
where child.relnamespace <> parent.relnamespace and child.relkind in ('r', 'p', 'f')
  and (h.inhrelid in (select oid from tables) or h.inhparent in (select oid from tables))
