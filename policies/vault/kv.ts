/** What a KV version 2 engine is asked, as Vault's policies see it. Source: "KV secrets engine - version 2", section "ACL rules", and its API. */
import type { Ask } from "./acl";

const OPERATIONS = {
  read: ["data", "read"],
  readSubkeys: ["subkeys", "read"],
  writeNew: ["data", "create"],
  write: ["data", "update"],
  patch: ["data", "patch"],
  deleteLatest: ["data", "delete"],
  deleteVersions: ["delete", "update"],
  undelete: ["undelete", "update"],
  destroy: ["destroy", "update"],
  readMetadata: ["metadata", "read"],
  writeMetadata: ["metadata", "update"],
  patchMetadata: ["metadata", "patch"],
  deleteMetadata: ["metadata", "delete"],
  list: ["metadata", "list"],
} as const satisfies Readonly<Record<string, readonly [string, Ask["capability"]]>>;

export type KvOperation = keyof typeof OPERATIONS;

export const KV_OPERATIONS: readonly KvOperation[] = Object.keys(OPERATIONS).filter(isOperation);

/** An operation on the secret at `path`, or on the folder that `path` names. Versions are a parameter: no path knows them. */
export function kvAsk(mount: string, operation: KvOperation, path: string): Ask {
  const [place, capability] = OPERATIONS[operation];
  return { capability, path: `${mount}/${place}/${path}` };
}

function isOperation(name: string): name is KvOperation {
  return Object.hasOwn(OPERATIONS, name);
}
