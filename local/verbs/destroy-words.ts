/** What must be typed before everything goes: `--yes`, and `--with-tenants` while tenants are active. */
import { z } from "zod";
import { TenantryError } from "../../registry/errors";
import type { Resource } from "../state/resource";
import { parseUrn } from "../urn";

const directory = z.array(z.object({ slug: z.string(), status: z.string() }));

/** As the cells last reported them. */
function activeTenants(resources: readonly Resource[]): readonly string[] {
  const cells = resources.filter(({ urn }) => parseUrn(urn).type === "tenantry:index:CellTenants");
  const rows = cells.flatMap(({ outputs }) => directory.safeParse(outputs.directory).data ?? []);
  return rows
    .filter(({ status }) => status === "active")
    .map(({ slug }) => slug)
    .sort();
}

/** @throws TenantryError TN-508 */
export function assertWords(
  resources: readonly Resource[],
  { stack, ...words }: { readonly stack: string; readonly yes: boolean; readonly withTenants: boolean },
): void {
  const active = activeTenants(resources);
  if (words.yes && (words.withTenants || active.length === 0)) return;
  const shown = active.slice(0, 5).join(", ") + (active.length > 5 ? ", ..." : "");
  const command = `npm run destroy -- --stack ${stack} --yes`;
  if (active.length === 0) throw missing("this removes all servers and data of the stack from this machine", command);
  const those = active.length === 1 ? "1 tenant is" : `${active.length} tenants are`;
  throw missing(`${those} active (${shown}) and would lose all data`, `${command} --with-tenants`);
}

function missing(what: string, command: string): TenantryError {
  return new TenantryError("TN-508", `${what}; to do it, type: ${command}`);
}
