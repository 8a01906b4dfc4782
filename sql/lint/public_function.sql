--! severity: error
--! holds: Everybody may execute no function, which everybody may when nothing is said
--! fix: revoke execute on function <function> from public
select f.label, 'execute for everybody'
from functions f cross join lateral aclexplode(coalesce(f.proacl, acldefault('f', f.proowner))) a
where f.kind <> 'own' and a.grantee = 0
