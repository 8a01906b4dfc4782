/**
 * The data directory that test servers start from: made once a run and major version, then copied. Making one takes longer than
 * most test files do. So all servers of a run have the same passwords, and nothing else in common.
 */
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { ensureAdmin } from "../local/postgres/admin";
import type { Major } from "../local/postgres/binaries";
import { freePort, initServer, startServer, stopServer } from "../local/postgres/server";
import { serverUser } from "../local/postgres/user";

interface Files {
  readonly major: Major;
  readonly dir: string;
}

interface Passwords {
  /** The superuser's. */
  readonly superuser: string;
  readonly admin: { readonly user: string; readonly password: string };
}

/** Where the run keeps its templates: `run-begins.ts` makes the directory, `run-ends.ts` removes it. */
export const TEMPLATES = "TENANTRY_TEST_TEMPLATES";

const FAST = {
  fsync: "off",
  synchronous_commit: "off",
  full_page_writes: "off",
  max_locks_per_transaction: "1024",
  max_connections: "60",
};

/** Fills the directory of a new server. */
export async function copyTemplate(files: Files): Promise<Passwords> {
  const templates = process.env[TEMPLATES];
  if (templates === undefined) return make(files); // outside of jest, where nobody would remove a template
  const template = join(templates, String(files.major));
  if (!existsSync(template)) await makeTemplate(template, files.major);
  await promisify(execFile)("cp", ["-Rp", join(template, "data"), files.dir]);
  const user = serverUser();
  if (user) chownSync(dirname(files.dir), user.uid, user.gid); // the log stands beside the data
  return readPasswords(template);
}

/** Two workers may come at once: both make it, and the first to be done has it. */
async function makeTemplate(template: string, major: Major): Promise<void> {
  const draft = mkdtempSync(`${template}-`);
  chmodSync(draft, 0o755);
  writeFileSync(join(draft, "passwords.json"), JSON.stringify(await make({ major, dir: join(draft, "data") })));
  try {
    renameSync(draft, template);
  } catch (error) {
    if (!existsSync(template)) throw error;
    rmSync(draft, { recursive: true });
  }
}

async function make(files: Files): Promise<Passwords> {
  const superuser = randomBytes(12).toString("hex");
  const admin = { user: "tenantry_admin", password: randomBytes(12).toString("hex") };
  await initServer(files, superuser);
  const port = await startOnFreePort(files);
  await ensureAdmin({ port, superuserPassword: superuser, username: admin.user, password: admin.password });
  await stopServer(files);
  return { superuser, admin };
}

function readPasswords(template: string): Passwords {
  const passwords: Passwords = JSON.parse(readFileSync(join(template, "passwords.json"), "utf8"));
  return passwords;
}

/** Starts a server with settings that lose what a crash of the machine interrupts, and save the time for that. */
export async function startOnFreePort(files: Files): Promise<number> {
  const first = await freePort();
  try {
    await startServer(files, first, { settings: FAST });
    return first;
  } catch {
    const second = await freePort();
    await startServer(files, second, { settings: FAST });
    return second;
  }
}
