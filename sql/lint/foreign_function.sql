--! severity: error
--! holds: No table or view of a managed schema calls a function of another schema, whose owner sees what it is called with
--! fix: drop the constraint, default, index or view that calls it
select pg_describe_object(e.classid, e.objid, 0), 'calls ' || f.label
from (
  select conrelid, 'pg_constraint'::regclass, oid from pg_constraint where conrelid <> 0
  union all
  select adrelid, 'pg_attrdef'::regclass, oid from pg_attrdef
  union all
  select indrelid, 'pg_class'::regclass, indexrelid from pg_index
  union all
  select ev_class, 'pg_rewrite'::regclass, oid from pg_rewrite
) e (relation, classid, objid)
join relations r on r.oid = e.relation and r.kind in ('pooled', 'schema')
join pg_depend d on d.classid = e.classid and d.objid = e.objid and d.refclassid = 'pg_proc'::regclass
join functions f on f.oid = d.refobjid
where f.schema <> r.schema and f.kind <> 'control'
