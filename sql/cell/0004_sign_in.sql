-- The look-ups of sign-in, which table files declare, belong to tenantry_sign_in. It reads here which tenants the cell serves, and
-- nothing else.

grant usage on schema tenantry to tenantry_sign_in;
grant select (id, slug, tier, status) on tenantry.tenants to tenantry_sign_in;
