--! severity: error
--! holds: The server has the minor version that closed the last known hole in row security
--! fix: aws rds modify-db-instance --db-instance-identifier <server> --engine-version <version> --apply-immediately; RDS does it by itself in a later window
select 'server', format('PostgreSQL %s; the least is %s', current_setting('server_version'),
  (select string_agg(major || '.' || minor, ', ' order by major) from jsonb_each_text(floors) f (major, minor)))
from given cross join (select current_setting('server_version_num')::int) running (version)
where floors is not null and not coalesce(version % 10000 >= (floors ->> (version / 10000)::text)::int, false)
