-- Who the current transaction is: the tenant that the login is pinned to, or the one that a signed context names.
-- Runs as tenantry_control, which alone can read the keys and owns the function.

create table tenantry.keys (
  kid       text        primary key check (kid ~ '^[a-z0-9_-]{1,32}$'),
  inner_pad bytea       not null check (length(inner_pad) = 64),
  outer_pad bytea       not null check (length(outer_pad) = 64),
  not_after timestamptz
);
comment on table tenantry.keys is 'Keys that sign contexts, as the two pads of HMAC (RFC 2104): the key, with zeros to 64 bytes, XOR 0x36 and XOR 0x5c';
comment on column tenantry.keys.not_after is 'When the key stops being accepted; null: until it is removed';

create function tenantry.current_tenant() returns uuid
language plpgsql stable parallel safe security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  presented constant text := current_setting('tenantry.context', true);
  part text[];
  signing record;
  expected text;
  tenant record;
begin
  -- A pinned login is its tenant, whatever is presented.
  select pinned.tenant_id as id, served.status into tenant
  from tenantry.logins pinned left join tenantry.tenants served on served.id = pinned.tenant_id
  where pinned.login = session_user;
  if found then
    if tenant.status is distinct from 'active' then
      raise insufficient_privilege using message = 'tenant is not active';
    end if;
    return tenant.id;
  end if;

  if presented is null or presented = '' then
    return null;
  end if;

  -- One spelling only, and nothing that could fail to be cast further down. Counted repetitions such as {64} would cost more
  -- than all the rest together.
  part := string_to_array(presented, '.');
  if length(presented) > 160 or presented !~ '^[a-z0-9_-]+\.[0-9a-f-]+\.[0-9]+\.[0-9a-f]+$'
    or not pg_input_is_valid(part[2], 'uuid') or not pg_input_is_valid(part[3], 'bigint')
  then
    raise insufficient_privilege using message = 'tenant context refused';
  end if;

  select inner_pad, outer_pad into signing
  from tenantry.keys
  where kid = part[1] and (not_after is null or not_after > statement_timestamp());
  if not found then
    raise insufficient_privilege using message = 'tenant context refused';
  end if;

  -- Both macs are hashed once more with the key, so that the time of the comparison says nothing about them.
  expected := encode(sha256(signing.outer_pad || sha256(signing.inner_pad
    || convert_to(part[1] || '.' || part[2] || '.' || part[3], 'UTF8'))), 'hex');
  if sha256(signing.outer_pad || convert_to(expected, 'UTF8')) <> sha256(signing.outer_pad || convert_to(part[4], 'UTF8'))
    or part[3]::bigint <= extract(epoch from statement_timestamp())
  then
    raise insufficient_privilege using message = 'tenant context refused';
  end if;

  select id into tenant from tenantry.tenants
  where id = part[2]::uuid and tier = 'pooled' and status = 'active';
  if not found then
    raise insufficient_privilege using message = 'tenant context refused';
  end if;
  return tenant.id;
end
$$;
comment on function tenantry.current_tenant() is
  'The tenant of this transaction; null without a context; 42501 for one that is forged, expired or not served here';

revoke all on function tenantry.current_tenant() from public;
grant usage on schema tenantry to tenantry_owner, tenantry_app, tenantry_reader;
grant execute on function tenantry.current_tenant() to tenantry_app, tenantry_reader;
