--! quota: topics count topics
--! quota: partitionsPerTopic count partitions per topic_id
-- What a tenant streams: topics, their partitions, and who has read how far.

create table topics (
  tenant_id       uuid        not null,
  id              uuid        not null default gen_random_uuid(),
  organization_id uuid,
  name            text        not null check (name ~ '^[A-Za-z0-9._-]{1,249}$'),
  retention       interval    not null default interval '7 days' check (retention > interval '0'),
  settings        jsonb       not null default '{}' check (jsonb_typeof(settings) = 'object'),
  created_at      timestamptz not null default now(),
  primary key (tenant_id, id),
  unique (tenant_id, name),
  foreign key (tenant_id, organization_id) references organizations (tenant_id, id) on delete restrict
);
create index topics_organization_idx on topics (tenant_id, organization_id) where organization_id is not null;
comment on table topics is 'Named streams of messages';

create table partitions (
  tenant_id    uuid        not null,
  topic_id     uuid        not null,
  number       integer     not null check (number >= 0),
  start_offset bigint      not null default 0 check (start_offset >= 0),
  next_offset  bigint      not null default 0,
  created_at   timestamptz not null default now(),
  primary key (tenant_id, topic_id, number),
  foreign key (tenant_id, topic_id) references topics (tenant_id, id) on delete cascade,
  check (next_offset >= start_offset)
);
comment on table partitions is 'Ordered parts of a topic; offsets are given out per partition';
comment on column partitions.start_offset is 'The oldest offset that is still kept';
comment on column partitions.next_offset is 'The offset that the next message will get';

create table consumer_offsets (
  tenant_id      uuid        not null,
  consumer_group text        not null check (length(consumer_group) between 1 and 255),
  topic_id       uuid        not null,
  partition      integer     not null,
  next_offset    bigint      not null check (next_offset >= 0),
  committed_at   timestamptz not null default now(),
  primary key (tenant_id, consumer_group, topic_id, partition),
  foreign key (tenant_id, topic_id, partition) references partitions (tenant_id, topic_id, number) on delete cascade
);
create index consumer_offsets_partition_idx on consumer_offsets (tenant_id, topic_id, partition);
comment on table consumer_offsets is 'How far each consumer group has read each partition';

create table partition_leases (
  tenant_id      uuid        not null,
  topic_id       uuid        not null,
  partition      integer     not null,
  consumer_group text        not null check (length(consumer_group) between 1 and 255),
  holder         text        not null check (length(holder) between 1 and 255),
  epoch          bigint      not null default 1 check (epoch > 0),
  expires_at     timestamptz not null,
  primary key (tenant_id, topic_id, partition, consumer_group),
  foreign key (tenant_id, topic_id, partition) references partitions (tenant_id, topic_id, number) on delete cascade
);
create index partition_leases_expiry_idx on partition_leases (tenant_id, expires_at);
comment on table partition_leases is 'Which consumer of a group may read a partition, and until when';
comment on column partition_leases.epoch is 'Rises with every new holder, so that a late write of the last one is told apart';
