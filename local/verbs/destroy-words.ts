/** What must be typed before everything goes: `--yes`, and `--with-tenants` while tenants are active. */
import { z } from "zod";
import { TenantryError } from "../../registry/errors";
import type { Resource } from "../state/resource";
import { parseUrn } from "../urn";

const directory = z.array(z.object({ slug: z.string(), status: z.string() }));

/** As the cells last reported them. */
export function activeTenants(resources: readonly Resource[]): readonly string[] {
  const cells = resources.filter(({ urn }) => parseUrn(urn).type === "tenantry:index:CellTenants");
  const rows = cells.flatMap(({ outputs }) => directory.safeParse(outputs.directory).data ?? []);
  return rows.filter(({ status }) => status === "active").map(({ slug }) => slug);
}

/** @throws TenantryError TN-508 */
export function assertWords(
  resources: readonly Resource[],
  words: { readonly yes: boolean; readonly withTenants: boolean },
): void {
  const active = activeTenants(resources);
  if (words.yes && (words.withTenants || active.length === 0)) return;
  const shown = active.slice(0, 5).join(", ") + (active.length > 5 ? ", ..." : "");
  const what =
    active.length === 0
      ? "this removes all servers and data of the stack from this machine"
      : `${active.length} tenants are active (${shown}) and would lose their data`;
  const needed = active.length === 0 ? "--yes" : "--yes --with-tenants";
  throw new TenantryError("TN-508", `${what}; to do so: npm run destroy -- ${needed}`);
}
