/** A tenant's row and pins as SQL text. */
import { escapeLiteral } from "pg";
import type { RowStatus, TenantSpec } from "./tenant-spec";

export interface RowText {
  readonly spec: TenantSpec;
  readonly status: RowStatus;
  readonly logins: readonly string[];
  readonly adminRole: string | null;
  /** Fingerprint of the secret and its endpoint; undefined: as they are. */
  readonly secret?: { readonly fingerprint: string; readonly endpoint: string };
}

/** Writes row and pins, whatever is there. */
export function renderRow({ spec, status, logins, adminRole, secret }: RowText): string {
  const values = [spec.id, spec.slug, spec.tier, spec.plan, status, spec.line, spec.tables, spec.schema, adminRole];
  const all = [...values, secret?.fingerprint ?? null, secret?.endpoint ?? null].map(literalOrNull).join(", ");
  const pins = logins.map((login) => `(${escapeLiteral(login)}, ${escapeLiteral(spec.id)})`).join(", ");
  return `
insert into tenantry.tenants as t
  (id, slug, tier, plan, status, line, tables, schema_name, admin_role, secret, endpoint) values (${all})
on conflict (id) do update set slug = excluded.slug, tier = excluded.tier, plan = excluded.plan, status = excluded.status,
  line = excluded.line, tables = excluded.tables, schema_name = excluded.schema_name, admin_role = excluded.admin_role,
  secret = coalesce(excluded.secret, t.secret), endpoint = coalesce(excluded.endpoint, t.endpoint), applied_at = now();
delete from tenantry.logins where tenant_id = ${escapeLiteral(spec.id)}
  and login <> all (array[${logins.map(escapeLiteral).join(", ")}]::name[]);
insert into tenantry.logins (login, tenant_id) values ${pins}
on conflict (login) do update set tenant_id = excluded.tenant_id`;
}

const literalOrNull = (value: string | null) => (value === null ? "null" : escapeLiteral(value));
