--! severity: warning
--! holds: Tenants share no sequence: its numbers tell how much the others do
--! fix: use `uuid default gen_random_uuid()`, or numbers that the application counts per tenant
select coalesce(format('%s.%I', r.label, a.attname), s.label), 'counts for all tenants'
from relations s
left join pg_depend d on d.classid = 'pg_class'::regclass and d.objid = s.oid and d.refclassid = 'pg_class'::regclass
  and d.deptype in ('a', 'i')
left join relations r on r.oid = d.refobjid
left join pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
where s.kind = 'pooled' and s.relkind = 'S'
union all
select g.label, 'takes numbers from ' || s.oid::regclass
from guarded g
join pg_attrdef d on d.adrelid = g.oid
join pg_depend u on u.classid = 'pg_attrdef'::regclass and u.objid = d.oid and u.refclassid = 'pg_class'::regclass
join pg_class s on s.oid = u.refobjid and s.relkind = 'S'
where g.kind = 'schema' and s.relnamespace <> g.schema
