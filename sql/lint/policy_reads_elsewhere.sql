--! severity: error
--! holds: No policy reads another table, or calls a function other than tenantry.current_tenant()
--! fix: drop the policy; what it looks up can be changed by others, and is looked up for each row
select p.object, 'has a sub-select: ' || said
from policies p cross join given cross join unnest(array[p.using_text, p.check_text]) said
where replace(said, wall, '') ~ '\mSELECT\M'
union
select p.object, 'calls ' || d.refobjid::regprocedure
from policies p join pg_depend d on d.classid = 'pg_policy'::regclass and d.objid = p.oid
where d.refclassid = 'pg_proc'::regclass and d.refobjid <> to_regprocedure('tenantry.current_tenant()')
