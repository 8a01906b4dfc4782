/** A cell may go when nobody lives on it any more. The database is asked, not what was written down about it. */
import { TenantryError } from "../registry/errors";
import { isProbeSlug } from "../registry/names";
import { withClient } from "./connect";
import type { Connection } from "./types";

/** How many tenants a message names. */
const NAMED = 5;

/** @throws TenantryError TN-202 while a tenant is active or suspended; TN-301 when the database cannot be asked. */
export async function assertRetirable({ connection, cell }: { connection: Connection; cell: string }): Promise<void> {
  const slugs = await withClient({ connection, cell, purpose: "delete" }, async (client) => {
    const { rows: schema } = await client.query("select from pg_class where oid = to_regclass('tenantry.tenants')");
    if (schema.length === 0) return [];
    const { rows } = await client.query<{ slug: string }>(
      "select slug from tenantry.tenants where status in ('active', 'suspended') order by slug",
    );
    return rows.map(({ slug }) => slug).filter((slug) => !isProbeSlug(slug));
  });
  if (slugs.length === 0) return;
  const named = slugs.slice(0, NAMED).join(", ") + (slugs.length > NAMED ? `, and ${slugs.length - NAMED} more` : "");
  throw new TenantryError(
    "TN-202",
    `cell ${cell} still has ${slugs.length} active or suspended tenants (${named}); offboard them first, or, to lose them with ` +
      "their data, set TENANTRY_DELETE_ACTIVE=yes",
  );
}
