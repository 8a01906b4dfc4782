--! severity: error
--! holds: No table or view has a rule, which turns a statement into another one, with the rights of the owner
--! fix: drop rule <rule> on <table>
-- What a view reads is a rule too: the first kind of them.
select format('%s rule %I', r.label, w.rulename), pg_get_ruledef(w.oid)
from relations r join pg_rewrite w on w.ev_class = r.oid
where w.ev_type <> '1' and r.kind <> 'own'
