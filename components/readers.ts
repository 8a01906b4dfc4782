/** The read replicas of a cell in its directory. */
import type * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { DirectoryRow, Endpoint } from "../registry/types";

/**
 * The rows, each with the endpoints that its tenant can read from. Tenants do not wait for replicas: a replica takes long to be
 * made, and one that fails holds nobody up. A cell without replicas has its rows as they are.
 */
export function withReaders(
  directory: pulumi.Output<readonly DirectoryRow[]>,
  replicas: readonly aws.rds.Instance[],
): pulumi.Output<readonly DirectoryRow[]> {
  if (replicas.length === 0) return directory;
  const readers = pulumi.all(replicas.map(endpointOf));
  return pulumi
    .all([directory, readers])
    .apply(([rows, endpoints]) => rows.map((row) => ({ ...row, readers: endpoints })));
}

const endpointOf = ({ address, port }: aws.rds.Instance): pulumi.Output<Endpoint> =>
  pulumi.all([address, port]).apply(([host, known]) => ({ host, port: known }));
