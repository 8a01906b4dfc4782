/** Which directories the user of PostgreSQL may pass through: everything below `/root` is closed to it, for example. */
import { existsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { TenantryError } from "../../registry/errors";
import { type ServerUser, serverUser } from "./user";

/** The outermost directory on the way to `path`, itself included, that the user may not pass; undefined when the way is open. */
export function closedDirectory(path: string): string | undefined {
  const user = serverUser();
  return user && closedFor(user, path);
}

/** @throws TenantryError TN-521 naming the directory. */
export function assertReachable(path: string): void {
  const closed = closedDirectory(path);
  if (closed === undefined) return;
  const advice = `open it (\`chmod o+x ${closed}\`), or set TENANTRY_HOME to a directory below one that is open, such as /var/tmp/tenantry`;
  throw new TenantryError(
    "TN-521",
    `PostgreSQL runs as another user than root here, and ${closed} is closed to it: ${advice}`,
  );
}

function closedFor(user: ServerUser, path: string): string | undefined {
  const parent = dirname(path);
  const above = parent === path ? undefined : closedFor(user, parent);
  if (above !== undefined || !existsSync(path)) return above;
  return mayPass(user, path) ? undefined : path;
}

function mayPass({ uid, gid }: ServerUser, path: string): boolean {
  const status = statSync(path);
  if (!status.isDirectory()) return true;
  const shift = status.uid === uid ? 6 : status.gid === gid ? 3 : 0;
  return ((status.mode >> shift) & 1) === 1;
}
