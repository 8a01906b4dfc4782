/** Files that this user alone may read, never seen half written. */
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { TenantryError } from "../registry/errors";
import { START_ANEW } from "./errors";

/** Code of the error about a file of ours that is not what we wrote. */
export const DAMAGED = "TN-510";

/** Writes beside the file and moves it into place. */
export function writePrivate(path: string, text: string): void {
  const draft = `${path}.${process.pid}.new`;
  writeFileSync(draft, text, { mode: 0o600 });
  renameSync(draft, path);
}

/** The JSON value of the file, or undefined when there is no file. @throws TenantryError TN-510 when it is not JSON. */
export function readJson(path: string): unknown {
  if (!existsSync(path)) return undefined;
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    throw new TenantryError(DAMAGED, `${path} is damaged, and Tenantry alone writes it: restore it, or ${START_ANEW}`);
  }
}
