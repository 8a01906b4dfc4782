--! sign-in: tenant_of_api_key by api_keys.key_hash where revoked_at is null, expires_at is null or later gives id, scopes
--! sign-in: tenants_of_email by users.email where status = active
-- Sign-in happens before the tenant is known: what the pooled application may ask without being anybody yet.

comment on column api_keys.expires_at is 'From then on the key signs nobody in; null: it does not expire';
comment on column users.status is 'Who is active may sign in; who is invited comes with a link that names the tenant';
