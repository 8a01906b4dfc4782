-- What a cell knows about its tenants. Runs as tenantry_control, in its schema tenantry, which nobody else may read.

create table tenantry.cell (
  name     text  primary key,
  endpoint text  not null,
  secrets  jsonb not null default '{}'
);
comment on table tenantry.cell is 'The one cell that this database is';
comment on column tenantry.cell.endpoint is 'Where the cell''s own secrets say that it is: host:port/database?sslmode';
comment on column tenantry.cell.secrets is 'Login to a fingerprint of the secret that was applied last';
create unique index cell_is_one on tenantry.cell ((true));

create table tenantry.plans (
  name text primary key,
  line text not null
);

create table tenantry.tenants (
  id          uuid        primary key,
  slug        text        not null,
  tier        text        not null check (tier in ('pooled', 'schema', 'dedicated')),
  plan        text        not null,
  status      text        not null check (status in ('active', 'suspended', 'offboarding', 'removed', 'preparing')),
  line        text        not null,
  tables      text        not null check (tables in ('managed', 'own')),
  schema_name text        not null,
  admin_role  text,
  secret      text,
  endpoint    text,
  applied_at  timestamptz not null default now(),
  check ((tier = 'pooled') = (admin_role is null))
);
comment on table tenantry.tenants is 'Tenants that live here; a row that is removed is a tombstone, its data is still there';
comment on column tenantry.tenants.admin_role is 'The createrole role under which the tenant''s roles were made';
comment on column tenantry.tenants.secret is 'Fingerprint of the secret that was applied last; null: none, or it is gone';
comment on column tenantry.tenants.endpoint is 'Where the tenant''s secret says that it is';
create unique index tenants_slug on tenantry.tenants (slug) where status <> 'removed';
create unique index tenants_schema on tenantry.tenants (schema_name) where tier <> 'pooled';

create table tenantry.logins (
  login     name primary key,
  tenant_id uuid not null references tenantry.tenants
);
comment on table tenantry.logins is 'Logins that are one tenant, whatever they present';

create table tenantry.migrations (
  schema_name text        not null,
  file        text        not null,
  digest      text        not null,
  applied_at  timestamptz not null default now(),
  primary key (schema_name, file)
);
comment on table tenantry.migrations is 'Which SQL file was applied to which schema, with the digest of its text';

create table tenantry.shapes (
  kind   text  not null check (kind in ('pooled', 'schema', 'control')),
  files  text  not null,
  basis  text  not null,
  digest text  not null,
  items  jsonb not null,
  tables jsonb not null,
  primary key (kind, files)
);
comment on table tenantry.shapes is 'What a schema with these files must look like, read from one that was made for it';
comment on column tenantry.shapes.basis is 'What else decides the shape: the guard''s text and the server''s major version';
