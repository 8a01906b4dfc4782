/** Where a stack of this machine keeps its state, servers and files. */
import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, readdirSync, rmdirSync, rmSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { TenantryError } from "../registry/errors";

const OTHERS_MAY_PASS = 0o001;

/**
 * `$TENANTRY_HOME`, else `.tenantry` in the project. PostgreSQL does not run as root, so that a root user whose project is closed
 * to others (`/root/...`) gets a directory under /var/tmp.
 */
function homeOf(projectDir: string): string {
  const configured = process.env.TENANTRY_HOME;
  if (configured) return resolve(configured);
  const project = resolve(projectDir);
  if (process.getuid?.() !== 0 || isOpen(project)) return join(project, ".tenantry");
  return join("/var/tmp", `tenantry-${createHash("sha256").update(project).digest("hex").slice(0, 12)}`);
}

export const stackHome = (projectDir: string, stack: string): string => join(homeOf(projectDir), stack);

/**
 * Others may pass through the new directories to what is theirs in them, and cannot list them; the files are 0600.
 * @throws TenantryError TN-509
 */
export function makeHome(home: string): void {
  try {
    const first = mkdirSync(home, { recursive: true });
    for (let dir = home; first !== undefined && dir.startsWith(first); dir = dirname(dir)) chmodSync(dir, 0o711);
  } catch (error) {
    throw new TenantryError(
      "TN-509",
      `${home} cannot be made (${String(error)}); name another place with TENANTRY_HOME`,
    );
  }
}

/** Removes the stack's directory, and the one above it when no other stack is left in it. */
export function removeHome(home: string): void {
  rmSync(home, { recursive: true, force: true });
  if (readdirSync(dirname(home)).length === 0) rmdirSync(dirname(home));
}

function isOpen(dir: string): boolean {
  const passable = (statSync(dir).mode & OTHERS_MAY_PASS) !== 0;
  return passable && (dir === dirname(dir) || isOpen(dirname(dir)));
}
