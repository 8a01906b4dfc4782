--! severity: warning
--! holds: The pooled application makes no large objects: they have no row security
--! fix: keep such data in columns of type bytea, or as files; then: select lo_unlink(<number>)
select 'large object ' || l.oid, 'is readable in the context of every pooled tenant'
from pg_largeobject_metadata l
where l.lomowner = to_regrole('tenantry_app')
