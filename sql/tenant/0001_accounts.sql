-- Who belongs to a tenant, and with which keys its programs sign in.
-- Every key, reference and uniqueness begins with tenant_id: rows of two tenants can never refer to one another.

create table organizations (
  tenant_id  uuid        not null,
  id         uuid        not null default gen_random_uuid(),
  name       text        not null check (length(name) between 1 and 200),
  slug       text        not null check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' and length(slug) <= 63),
  created_at timestamptz not null default now(),
  primary key (tenant_id, id),
  unique (tenant_id, slug)
);
comment on table organizations is 'Teams or subsidiaries within one tenant';

-- E-mails are stored in lower case rather than compared so: under row security an index on lower(email) is never
-- searched, because lower() is not leakproof.
create table users (
  tenant_id     uuid        not null,
  id            uuid        not null default gen_random_uuid(),
  email         text        not null check (email = lower(email) and email like '%_@_%' and length(email) <= 254),
  name          text        check (length(name) <= 200),
  password_hash text,
  status        text        not null default 'active' check (status in ('invited', 'active', 'disabled')),
  last_login_at timestamptz,
  created_at    timestamptz not null default now(),
  primary key (tenant_id, id),
  unique (tenant_id, email)
);
create index users_email_idx on users (email);
comment on table users is 'People of one tenant; a person in two tenants is two rows with one e-mail';
comment on index users_email_idx is 'Sign-in: from an e-mail to its tenants, before the tenant is known';

create table organization_members (
  tenant_id       uuid        not null,
  organization_id uuid        not null,
  user_id         uuid        not null,
  role            text        not null default 'member' check (role in ('owner', 'admin', 'member', 'viewer')),
  created_at      timestamptz not null default now(),
  primary key (tenant_id, organization_id, user_id),
  foreign key (tenant_id, organization_id) references organizations (tenant_id, id) on delete cascade,
  foreign key (tenant_id, user_id) references users (tenant_id, id) on delete cascade
);
create index organization_members_user_idx on organization_members (tenant_id, user_id);
comment on table organization_members is 'Which user is in which organization, and as what';

create table api_keys (
  tenant_id       uuid        not null,
  id              uuid        not null default gen_random_uuid(),
  organization_id uuid        not null,
  created_by      uuid,
  name            text        not null check (length(name) between 1 and 200),
  key_prefix      text        not null check (length(key_prefix) between 4 and 16),
  key_hash        bytea       not null check (length(key_hash) = 32),
  scopes          text[]      not null default '{}',
  last_used_at    timestamptz,
  expires_at      timestamptz,
  revoked_at      timestamptz,
  created_at      timestamptz not null default now(),
  primary key (tenant_id, id),
  unique (tenant_id, key_hash),
  foreign key (tenant_id, organization_id) references organizations (tenant_id, id) on delete cascade,
  foreign key (tenant_id, created_by) references users (tenant_id, id) on delete set null (created_by)
);
create index api_keys_key_hash_idx on api_keys (key_hash) where revoked_at is null;
create index api_keys_organization_idx on api_keys (tenant_id, organization_id);
create index api_keys_created_by_idx on api_keys (tenant_id, created_by) where created_by is not null;
comment on table api_keys is 'Keys of command lines and SDKs; the key itself is never stored';
comment on column api_keys.key_hash is 'SHA-256 of the key';
comment on column api_keys.key_prefix is 'The first characters of the key, so that people can tell keys apart';
comment on index api_keys_key_hash_idx is 'Sign-in: from a key to its tenant, before the tenant is known';
