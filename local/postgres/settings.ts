/** Server settings: a file of ours that `postgresql.conf` includes, so that a reload takes what needs no restart. */
import { appendFileSync, chownSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { serverUser } from "./user";

export type Settings = Readonly<Record<string, string>>;

const FILE = "tenantry.conf";

/** Makes `postgresql.conf` read our file. */
export function includeSettings(dir: string): void {
  appendFileSync(join(dir, "postgresql.conf"), `\ninclude_if_exists = '${FILE}'\n`);
}

/** Replaces our file. Returns whether that changed it. */
export function writeSettings(dir: string, settings: Settings): boolean {
  const path = join(dir, FILE);
  const lines = Object.entries(settings).map(([name, value]) => `${name} = '${value.replaceAll("'", "''")}'\n`);
  const text = lines.join("");
  if (existsSync(path) && readFileSync(path, "utf8") === text) return false;
  writeFileSync(path, text, { mode: 0o600 });
  const user = serverUser();
  if (user) chownSync(path, user.uid, user.gid);
  return true;
}
