-- A refused context says nothing about why: an error names the line that raised it, so there is one line. What decided (an
-- unknown key, a wrong mac, an expiry, a tenant that is not served) stays inside. All else is as in 0002.

create or replace function tenantry.current_tenant() returns uuid
language plpgsql stable parallel safe security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  presented constant text := current_setting('tenantry.context', true);
  part text[];
  signing record;
  expected text;
  pinned uuid;
  pinned_status text;
  served uuid;
begin
  -- A pinned login is its tenant, whatever is presented. The sub-select costs nothing where there is none.
  select login.tenant_id, (select status from tenantry.tenants where id = login.tenant_id) into pinned, pinned_status
  from tenantry.logins login
  where login.login = session_user;
  if found then
    if pinned_status is distinct from 'active' then
      raise insufficient_privilege using message = 'tenant is not active';
    end if;
    return pinned;
  end if;

  if presented is null or presented = '' then
    return null;
  end if;

  -- One spelling only, and nothing that could fail to be cast further down. Counted repetitions such as {64} would cost more
  -- than all the rest together.
  part := string_to_array(presented, '.');
  if length(presented) <= 160 and presented ~ '^[a-z0-9_-]+\.[0-9a-f-]+\.[0-9]+\.[0-9a-f]+$'
    and pg_input_is_valid(part[2], 'uuid') and pg_input_is_valid(part[3], 'bigint')
  then
    select inner_pad, outer_pad into signing
    from tenantry.keys
    where kid = part[1] and (not_after is null or not_after > statement_timestamp());
    if found then
      -- Both macs are hashed once more with the key, so that the time of the comparison says nothing about them.
      expected := encode(sha256(signing.outer_pad || sha256(signing.inner_pad
        || convert_to(part[1] || '.' || part[2] || '.' || part[3], 'UTF8'))), 'hex');
      if sha256(signing.outer_pad || convert_to(expected, 'UTF8')) = sha256(signing.outer_pad || convert_to(part[4], 'UTF8'))
        and part[3]::bigint > extract(epoch from statement_timestamp())
      then
        select id into served from tenantry.tenants
        where id = part[2]::uuid and tier = 'pooled' and status = 'active';
        if found then
          return served;
        end if;
      end if;
    end if;
  end if;
  raise insufficient_privilege using message = 'tenant context refused';
end
$$;
