-- What tenants may use and what they do use. The triggers that count, and their functions, are generated from the directives of
-- the table files.

-- Limits are generated from the lines: there is nothing that could differ from what was applied.
create function tenantry.limits_in(line text) returns jsonb
language sql immutable strict parallel safe
return (
  select coalesce(jsonb_object_agg(word[1], word[2]::numeric), '{}')
  from regexp_matches(line, ' quotas\.([A-Za-z0-9]+)=([0-9]+)', 'g') word
);
revoke all on function tenantry.limits_in(text) from public;

-- Both tables are as long as the registry: they are written anew in a moment.
alter table tenantry.plans
  -- squawk-ignore adding-field-with-default
  add column limits jsonb not null generated always as (tenantry.limits_in(line)) stored;
alter table tenantry.tenants
  -- squawk-ignore adding-field-with-default
  add column limits jsonb not null generated always as (
    case when line like '% quotas.%' then tenantry.limits_in(line) else '{}' end) stored;
comment on column tenantry.tenants.limits is 'Where the tenant overrides its plan; a quota in neither has no limit';

-- Room is left in each page, so that a counter is updated where it is.
create table tenantry.usage (
  schema_name text    not null,
  tenant_id   uuid    not null,
  quota       text    not null,
  period      date    not null default '-infinity',
  grp         text    not null default '',
  slot        integer not null default 0,
  used        numeric not null,
  primary key (schema_name, tenant_id, quota, period, grp, slot)
) with (fillfactor = 50);
comment on table tenantry.usage is 'What is counted, by the schema that it is in; the sum over the slots is what is used';
comment on column tenantry.usage.period is 'First day of the month (UTC), for what is limited by the month';
comment on column tenantry.usage.grp is 'For what is limited by group: which group, such as the topic of the partitions';
comment on column tenantry.usage.slot is 'Sums are spread, so that sessions need not wait for one another; -1: the gate before the limit';

create table tenantry.storage (
  tenant_id   uuid        primary key,
  bytes       bigint      not null,
  estimated   boolean     not null,
  frozen      boolean     not null,
  measured_at timestamptz not null default now()
);
comment on table tenantry.storage is 'What was measured last';
comment on column tenantry.storage.frozen is 'From 100 % of the limit until less than 90 % are used, nothing may be added';
create index storage_frozen on tenantry.storage (tenant_id) where frozen;

create function tenantry.refuse_use(quota text, plan text, used numeric, asked numeric, most numeric) returns void
language plpgsql
as $$
begin
  raise exception using errcode = 'TQ001',
    message = format('quota %s of plan %s: %s of %s used', quota, plan, trim_scale(used), most),
    detail = format('quota=%s limit=%s used=%s asked=%s', quota, most, trim_scale(used), trim_scale(asked)),
    hint = 'Remove what is not needed, or have the limit raised.';
end
$$;
revoke all on function tenantry.refuse_use(text, text, numeric, numeric, numeric) from public;

create function tenantry.storage_limit(tenant uuid, quota text) returns numeric
language sql stable
return (
  select coalesce(t.limits -> storage_limit.quota, p.limits -> storage_limit.quota)::numeric * 1073741824
  from tenantry.tenants t left join tenantry.plans p on p.name = t.plan
  where t.id = tenant
);
comment on function tenantry.storage_limit(uuid, text) is 'In bytes; the registry says it in GB of 1024^3 bytes; null: none';
revoke all on function tenantry.storage_limit(uuid, text) from public;

-- Who is frozen is measured; what the limit is, is looked up at each refusal, so that a raised one helps at once.
create function tenantry.refuse_frozen() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  over record;
begin
  -- Below the first level is what follows from a delete, such as a reference that is set to null.
  if pg_trigger_depth() > 1 or not exists (select from tenantry.storage where frozen) then
    return null;
  end if;
  select s.bytes / 1073741824.0 as used, tenantry.storage_limit(s.tenant_id, tg_argv[0]) / 1073741824 as most, t.plan into over
  from tenantry.storage s join tenantry.tenants t on t.id = s.tenant_id
  where s.tenant_id = (select tenantry.current_tenant()) and s.frozen
    and s.bytes >= 0.9 * tenantry.storage_limit(s.tenant_id, tg_argv[0]);
  if found then
    raise exception using errcode = 'TQ002',
      message = format('quota %s of plan %s: %s of %s used', tg_argv[0], over.plan, round(over.used, 2), trim_scale(over.most)),
      detail = format('quota=%s limit=%s used=%s', tg_argv[0], trim_scale(over.most), round(over.used, 2)),
      hint = 'Reading and deleting still work; writing does again some time after less than 90 % are used.';
  end if;
  return null;
end
$$;
comment on function tenantry.refuse_frozen() is 'Trigger before rows are added or changed; its argument is the name of the quota';
revoke all on function tenantry.refuse_frozen() from public;
