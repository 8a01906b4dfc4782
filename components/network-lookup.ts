/** What a region's network is when the configuration does not name it: what AWS has under our tag, or a clear refusal. Pure. */
import { TenantryError } from "../registry/errors";

/** VPCs and subnets are found by this tag. */
export const NETWORK_TAG = { key: "tenantry", value: "database" } as const;
const TAG = `\`${NETWORK_TAG.key}\` = \`${NETWORK_TAG.value}\``;

/** The one VPC of the region with the tag. @throws TenantryError TN-705 when there is none, or more than one. */
export function soleVpc(region: string, ids: readonly string[]): string {
  const [id, ...others] = ids;
  if (id !== undefined && others.length === 0) return id;
  const found = id === undefined ? "no VPC is" : `${ids.length} VPCs are (${shown(ids)})`;
  throw refusal(
    region,
    "vpcId",
    `${found} tagged ${TAG}; allowed is exactly one: tag it, or type`,
    "vpc-0123456789abcdef0",
  );
}

/** The subnets of a VPC with the tag. @throws TenantryError TN-705 when there are fewer than RDS needs. */
export function enoughSubnets(region: string, vpcId: string, ids: readonly string[]): readonly string[] {
  if (ids.length >= 2) return ids;
  const found = ids.length === 0 ? "no subnet" : `only one subnet (${shown(ids)})`;
  const needed = "RDS needs two or more, in different availability zones: tag them, or type";
  throw refusal(region, "subnetIds[0]", `${found} of ${vpcId} is tagged ${TAG}; ${needed}`, "subnet-0123456789abcdef0");
}

function refusal(region: string, key: string, message: string, example: string): TenantryError {
  const path = `tenantry:regions["${region}"]`;
  return new TenantryError("TN-705", `${path}: ${message}: pulumi config set --path '${path}.${key}' ${example}`);
}

/** The first few, in an order that does not change. */
function shown(ids: readonly string[]): string {
  const sorted = [...ids].sort();
  return sorted.length > 3 ? `${sorted.slice(0, 3).join(", ")}, ...` : sorted.join(", ");
}
