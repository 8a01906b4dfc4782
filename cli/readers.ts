/** The read replicas of this machine, by the cell that they copy. */
import { z } from "zod";
import type { Resource } from "../local/state/resource";
import type { Endpoint } from "../registry/types";

const replica = z.object({
  replicateSourceDb: z.string(),
  address: z.string(),
  port: z.number(),
  tags: z.object({ "tenantry:cell": z.string() }),
});

/** Cell to endpoints, in the order of the replicas; cells without any are left out. */
export function readersIn(resources: readonly Resource[]): ReadonlyMap<string, readonly Endpoint[]> {
  const readers = new Map<string, Endpoint[]>();
  const instances = resources.filter(({ urn }) => urn.includes("aws:rds/instance:Instance::"));
  for (const { outputs } of instances.sort((one, other) => (one.urn < other.urn ? -1 : 1))) {
    const { success, data } = replica.safeParse(outputs);
    if (!success) continue;
    const { "tenantry:cell": cell } = data.tags;
    readers.set(cell, [...(readers.get(cell) ?? []), { host: data.address, port: data.port }]);
  }
  return readers;
}
