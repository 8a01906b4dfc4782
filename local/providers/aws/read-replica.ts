/** A read replica of RDS: a real standby of a server of this machine, with an address of its own. */
import type { provider } from "@pulumi/pulumi";
import { TenantryError } from "../../../registry/errors";
import { createInstance, findInstance, type InstanceRecord, isRunning, startInstance } from "../../postgres/instance";
import type { LocalContext, Props } from "../../provider";
import { text } from "../stand-in";
import { optionsOf } from "./parameter-group";

export const isReplica = ({ replicateSourceDb }: Props): boolean => replicateSourceDb !== undefined;

/** RDS takes these from the source. */
const OF_SOURCE = ["engine", "engineVersion", "username", "password", "dbName", "kmsKeyId", "dbSubnetGroupName"];

/** What RDS, or the provider of Pulumi, refuses of a replica in its source's region. */
export function checkReplica(inputs: Props): provider.CheckFailure[] {
  const told = OF_SOURCE.filter((property) => inputs[property] !== undefined);
  return [
    ...told.map((property) => ({ property, reason: "must be left out: a read replica has that of its source" })),
    ...(inputs.finalSnapshotIdentifier !== undefined || inputs.skipFinalSnapshot !== true
      ? [{ property: "skipFinalSnapshot", reason: "must be true: RDS makes no final snapshot of a read replica" }]
      : []),
  ];
}

/** Copies the source unless that is done, and starts the copy. @throws TenantryError TN-527 without a source. */
export async function runReplica(
  { home, progress }: LocalContext,
  urn: string,
  inputs: Props,
): Promise<InstanceRecord> {
  const [identifier, sourceName] = [text(inputs, "identifier"), text(inputs, "replicateSourceDb")];
  const source = findInstance(home, sourceName);
  if (!source) throw new TenantryError("TN-527", `there is no server ${sourceName} here to make a read replica of`);
  if (!findInstance(home, identifier)) progress(urn, `copying PostgreSQL ${source.major} of ${sourceName}`);
  const options = optionsOf(home, inputs.parameterGroupName);
  const record = await createInstance(home, identifier, source.major, options, source);
  if (!isRunning(home, identifier)) progress(urn, `starting PostgreSQL ${source.major}, which follows ${sourceName}`);
  return await startInstance(home, record);
}
