--! severity: error
--! holds: Every extension of the database is one that the registry names
--! fix: write it in `extensions` of the cell or the dedicated tenant, or: drop extension <extension>
select 'extension ' || quote_ident(e.extname), 'version ' || e.extversion
from pg_extension e cross join given
where e.extname <> 'plpgsql' and e.extname <> all (extensions)
