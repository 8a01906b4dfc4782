--! severity: error
--! holds: No policy reads another table, or calls what is not PostgreSQL's own but tenantry.current_tenant()
--! fix: drop the policy; what it looks up can be changed by others, and is looked up for each row
select p.object, 'has a sub-select: ' || said
from policies p cross join given cross join unnest(array[p.using_text, p.check_text]) said
where replace(said, wall, '') ~ '\mSELECT\M'
union
-- An operator, or a type's check, is a function too.
select p.object, 'calls ' || pg_describe_object(d.refclassid, d.refobjid, 0)
from policies p join pg_depend d on d.classid = 'pg_policy'::regclass and d.objid = p.oid
where d.refclassid in ('pg_proc'::regclass, 'pg_operator'::regclass, 'pg_type'::regclass) and d.refobjid <> to_regprocedure('tenantry.current_tenant()')
