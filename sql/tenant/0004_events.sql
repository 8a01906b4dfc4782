--! quota: storageGb storage
--! append-only: events
-- What happened, in order, one stream per subject. The application may add to it and read it, and nothing else.

create table events (
  tenant_id   uuid        not null,
  id          uuid        not null default gen_random_uuid(),
  stream      text        not null check (length(stream) between 1 and 255),
  version     bigint      not null check (version > 0),
  type        text        not null check (length(type) between 1 and 255),
  data        jsonb       not null check (jsonb_typeof(data) = 'object'),
  metadata    jsonb       not null default '{}' check (jsonb_typeof(metadata) = 'object'),
  occurred_at timestamptz not null default now(),
  primary key (tenant_id, id),
  unique (tenant_id, stream, version)
);
create index events_type_idx on events (tenant_id, type, occurred_at desc);
create index events_occurred_at_idx on events using brin (occurred_at);
create index events_data_idx on events using gin (data jsonb_path_ops);
comment on table events is 'Immutable facts; two writers of one stream cannot both write its next version';
comment on column events.version is 'From 1, without gaps by the writer''s own count: the next version is the last one read plus one';
comment on index events_data_idx is
  'For tenants with a schema of their own: under row security containment is checked row by row, as @> is not leakproof';
