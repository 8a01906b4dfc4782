/** A join of five tables: the invoices of one tenant with whom to tell, 200 rows. */
import type { Connection } from "../database/types";
import { withConnection } from "./connect";

const TABLES = ["invoices", "subscriptions", "organizations", "organization_members", "users"] as const;

/** For each tenant ten organizations, each with an owner, a viewer, two subscriptions and ten invoices of each. */
export async function fillInvoices(superuser: Connection, tenants: readonly string[]): Promise<void> {
  await withConnection(superuser, async (client) => {
    await client.query(
      `with organizations as (
         insert into pooled.organizations (tenant_id, name, slug)
         select tenant, 'Team ' || n, 'team-' || n from unnest($1::uuid[]) tenant, generate_series(1, 10) n
         returning tenant_id, id, slug
       ), users as (
         insert into pooled.users (tenant_id, email, name)
         select tenant_id, role || '@' || slug || '.example', role
         from organizations, unnest(array['owner', 'viewer']) role
         returning tenant_id, id, email, name
       ), members as (
         insert into pooled.organization_members (tenant_id, organization_id, user_id, role)
         select u.tenant_id, o.id, u.id, u.name
         from users u join organizations o on o.tenant_id = u.tenant_id and u.email = u.name || '@' || o.slug || '.example'
       ), subscriptions as (
         insert into pooled.subscriptions
           (tenant_id, organization_id, product, currency, unit_amount, current_period_start, current_period_end)
         select tenant_id, id, product, 'EUR', 9900, '2026-01-01', '2026-02-01'
         from organizations, unnest(array['streams', 'support']) product
         returning tenant_id, id
       )
       insert into pooled.invoices
         (tenant_id, subscription_id, number, status, currency, net_amount, tax_amount, period_start, period_end, issued_at)
       select tenant_id, id, id || '-' || n, 'open', 'EUR', 9900, 1881, '2026-01-01', '2026-02-01', '2026-02-01'
       from subscriptions, generate_series(1, 10) n`,
      [tenants],
    );
    await client.query(`vacuum analyze ${TABLES.map((table) => `pooled.${table}`).join(", ")}`);
  });
}

/**
 * Joined by the whole keys, as the tables refer to one another: from these references the planner knows how many rows meet.
 * @param tenant names it in each table, as a query does that no row security helps.
 */
export function invoicesQuery(tenant?: string): string {
  const explicit = tenant === undefined ? [] : TABLES.map((table) => `${table}.tenant_id = '${tenant}'`);
  return `select invoices.number, invoices.total_amount, subscriptions.product, organizations.name, users.email
    from pooled.invoices
    join pooled.subscriptions
      on (subscriptions.tenant_id, subscriptions.id) = (invoices.tenant_id, invoices.subscription_id)
    join pooled.organizations
      on (organizations.tenant_id, organizations.id) = (subscriptions.tenant_id, subscriptions.organization_id)
    join pooled.organization_members
      on (organization_members.tenant_id, organization_members.organization_id) = (organizations.tenant_id, organizations.id)
    join pooled.users
      on (users.tenant_id, users.id) = (organization_members.tenant_id, organization_members.user_id)
    where ${[...explicit, "invoices.status = 'open'", "organization_members.role = 'owner'"].join(" and ")}`;
}
