--! quota: messagesPerMonth sum usage_events.quantity where metric = messages per month of occurred_at
--! append-only: usage_events
-- What a tenant used, what it subscribes to, and what it owes. Money is in minor units of its currency.

create table usage_events (
  tenant_id       uuid          not null,
  id              uuid          not null default gen_random_uuid(),
  idempotency_key text          not null check (length(idempotency_key) between 1 and 200),
  metric          text          not null check (metric ~ '^[a-z][a-z0-9_]{0,62}$'),
  quantity        numeric(20,6) not null,
  topic_id        uuid,
  properties      jsonb         not null default '{}' check (jsonb_typeof(properties) = 'object'),
  occurred_at     timestamptz   not null,
  recorded_at     timestamptz   not null default now(),
  primary key (tenant_id, id),
  unique (tenant_id, idempotency_key)
);
create index usage_events_metric_idx on usage_events (tenant_id, metric, occurred_at) include (quantity);
create index usage_events_occurred_at_idx on usage_events using brin (occurred_at);
comment on table usage_events is 'Measured usage, written once; a correction is another row with a negative quantity';
comment on column usage_events.idempotency_key is 'Given by the sender: a report that arrives twice counts once';
comment on column usage_events.topic_id is 'No reference: usage outlives its topic';

create table payment_methods (
  tenant_id   uuid        not null,
  id          uuid        not null default gen_random_uuid(),
  provider    text        not null check (length(provider) between 1 and 63),
  provider_id text        not null check (length(provider_id) between 1 and 255),
  kind        text        not null check (kind in ('card', 'bank_account', 'invoice')),
  label       text        not null default '',
  is_default  boolean     not null default false,
  expires_on  date,
  created_at  timestamptz not null default now(),
  primary key (tenant_id, id),
  unique (tenant_id, provider, provider_id)
);
create unique index payment_methods_default_key on payment_methods (tenant_id) where is_default;
comment on table payment_methods is 'References to a payment provider; numbers of cards and accounts are never stored';

create table subscriptions (
  tenant_id            uuid        not null,
  id                   uuid        not null default gen_random_uuid(),
  organization_id      uuid        not null,
  payment_method_id    uuid,
  product              text        not null check (length(product) between 1 and 63),
  status               text        not null default 'active'
                                   check (status in ('trialing', 'active', 'past_due', 'canceled')),
  currency             text        not null check (currency ~ '^[A-Z]{3}$'),
  unit_amount          bigint      not null check (unit_amount >= 0),
  quantity             integer     not null default 1 check (quantity > 0),
  current_period_start timestamptz not null,
  current_period_end   timestamptz not null,
  canceled_at          timestamptz,
  created_at           timestamptz not null default now(),
  primary key (tenant_id, id),
  foreign key (tenant_id, organization_id) references organizations (tenant_id, id) on delete restrict,
  foreign key (tenant_id, payment_method_id) references payment_methods (tenant_id, id)
    on delete set null (payment_method_id),
  check (current_period_end > current_period_start),
  check ((status = 'canceled') = (canceled_at is not null))
);
create index subscriptions_organization_idx on subscriptions (tenant_id, organization_id);
create index subscriptions_payment_method_idx on subscriptions (tenant_id, payment_method_id)
  where payment_method_id is not null;
create index subscriptions_renewal_idx on subscriptions (tenant_id, current_period_end)
  where status in ('trialing', 'active');
comment on table subscriptions is 'What an organization has ordered, renewed period by period';

create table invoices (
  tenant_id       uuid        not null,
  id              uuid        not null default gen_random_uuid(),
  subscription_id uuid        not null,
  number          text        not null check (length(number) between 1 and 63),
  status          text        not null default 'draft' check (status in ('draft', 'open', 'paid', 'void')),
  currency        text        not null check (currency ~ '^[A-Z]{3}$'),
  net_amount      bigint      not null check (net_amount >= 0),
  tax_amount      bigint      not null default 0 check (tax_amount >= 0),
  total_amount    bigint      not null generated always as (net_amount + tax_amount) stored,
  lines           jsonb       not null default '[]' check (jsonb_typeof(lines) = 'array'),
  period_start    timestamptz not null,
  period_end      timestamptz not null,
  issued_at       timestamptz,
  due_at          timestamptz,
  paid_at         timestamptz,
  created_at      timestamptz not null default now(),
  primary key (tenant_id, id),
  unique (tenant_id, number),
  foreign key (tenant_id, subscription_id) references subscriptions (tenant_id, id) on delete restrict,
  check (period_end > period_start),
  check ((status = 'paid') = (paid_at is not null)),
  check (status = 'draft' or issued_at is not null)
);
create index invoices_subscription_idx on invoices (tenant_id, subscription_id, period_start);
create index invoices_open_idx on invoices (tenant_id, due_at) where status = 'open';
comment on table invoices is 'What a tenant owes and has paid';
