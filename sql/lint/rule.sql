--! severity: error
--! holds: No table has a rule, which turns a statement into another one
--! fix: drop rule <rule> on <table>
select format('%s rule %I', t.label, w.rulename), pg_get_ruledef(w.oid)
from tables t join pg_rewrite w on w.ev_class = t.oid
