/** A standby of a server of this machine: a physical copy of its files, which then follows it by streaming replication. */
import { chownSync, copyFileSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Client } from "pg";
import { SUPERUSER } from "./server";
import type { Settings } from "./settings";
import { serverUser } from "./user";

/** A running server that is, or will be, followed. */
export interface Primary {
  readonly dir: string;
  readonly port: number;
  readonly superuserPassword: string;
}

/** What of a data directory belongs to the running server alone. The directories stay, empty. */
const OWN_FILES = new Set(["postmaster.pid", "postmaster.opts", "backup_label", "standby.signal"]);
const OWN_CONTENTS = new Set(["pg_wal", "pg_replslot", "pg_dynshmem", "pg_notify", "pg_serial", "pg_snapshots"]);
const POLL_MS = 50;
const POLLS = 100;

/** The replication slot by which the primary keeps what the standby has not got yet: identifiers have no underscores. */
const slotOf = (identifier: string): string => identifier.replaceAll("-", "_");

/**
 * Copies the files of a running primary to `dir`, such that a server that starts there becomes its standby. The binaries that
 * come with the packages have no pg_basebackup: these are its steps.
 * Source: PostgreSQL documentation, "Making a Base Backup Using the Low Level API".
 */
export async function copyPrimary(primary: Primary, identifier: string, dir: string): Promise<void> {
  await asSuperuser(primary, async (client) => {
    await client.query(
      "select pg_create_physical_replication_slot($1, true) where not exists (select from pg_replication_slots where slot_name = $1)",
      [slotOf(identifier)],
    );
    await client.query("select pg_backup_start($1, true)", [identifier]);
    own(dirname(dir)); // the server's log stands beside its data directory
    copyTree(primary.dir, dir);
    const { rows } = await client.query<{ labelfile: string }>("select labelfile from pg_backup_stop(false)");
    ownFile(join(dir, "backup_label"), rows[0]?.labelfile ?? "");
    ownFile(join(dir, "standby.signal"), "");
  });
}

/** What makes a server with such files follow the primary. */
export function followingSettings({ port, superuserPassword }: Primary, identifier: string): Settings {
  return {
    primary_conninfo: `host=127.0.0.1 port=${port} user=${SUPERUSER} password=${superuserPassword} application_name=${slotOf(identifier)}`,
    primary_slot_name: slotOf(identifier),
  };
}

/** Lets a primary forget a standby that is gone: it would keep its log for it for ever. */
export async function forgetStandby(primary: Primary, identifier: string): Promise<void> {
  await asSuperuser(primary, async (client) => {
    const held = "select active from pg_replication_slots where slot_name = $1";
    for (let poll = 0; poll < POLLS; poll++, await delay(POLL_MS)) {
      const { rows } = await client.query<{ active: boolean }>(held, [slotOf(identifier)]);
      if (rows[0] === undefined) return;
      if (!rows[0].active) await client.query("select pg_drop_replication_slot($1)", [slotOf(identifier)]);
    }
    throw new Error(`the replication slot ${slotOf(identifier)} stays in use`);
  });
}

async function asSuperuser<T>({ port, superuserPassword }: Primary, act: (client: Client) => Promise<T>): Promise<T> {
  const login = { user: SUPERUSER, password: superuserPassword, database: "postgres" };
  const client = new Client({ host: "127.0.0.1", port, ...login });
  await client.connect();
  try {
    return await act(client);
  } finally {
    await client.end();
  }
}

/** File by file: a running server removes some while they are being copied, which the log makes good. */
function copyTree(from: string, to: string): void {
  mkdirSync(to, { mode: 0o700 });
  own(to);
  if (OWN_CONTENTS.has(basename(from))) return;
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) copyTree(source, target);
    else if (entry.isFile() && !OWN_FILES.has(entry.name)) copyUnlessGone(source, target);
  }
}

function copyUnlessGone(source: string, target: string): void {
  try {
    copyFileSync(source, target);
    own(target);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}

function ownFile(path: string, text: string): void {
  writeFileSync(path, text, { mode: 0o600 });
  own(path);
}

function own(path: string): void {
  const user = serverUser();
  if (user) chownSync(path, user.uid, user.gid);
}
