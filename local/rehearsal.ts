/** A cell as `up` would make it from the SQL files, on a server that is there for a moment: table files are tried on it. */
import { escapeIdentifier } from "pg";
import { withClient } from "../database/connect";
import { reconcile } from "../database/reconcile";
import type { Connection, Failure, Secret, SecretStore } from "../database/types";
import { DEFAULT_DATABASE, defaultId, UNNAMED_SCHEMA } from "../registry/names";
import type { Major } from "./postgres/binaries";
import { withThrowawayServer } from "./postgres/throwaway";

export interface RehearsalOptions {
  /** Folder with `cell/` and `tenant/`. */
  readonly sqlDir: string;
  readonly major: Major;
  /** Extensions that the table files may count on. */
  readonly extensions: readonly string[];
}

export interface Rehearsal {
  readonly connection: Connection;
  readonly cell: string;
  /** Why the files cannot be applied; empty when they can. */
  readonly failures: readonly Failure[];
}

const CELL = "rehearsal";
/** One for each kind of schema that the table files are applied to. */
const TENANTS = { one: "pooled", two: "schema" } as const;

/** The server, and all that is in it, is gone when `use` has ended. */
export async function withRehearsal<T>(
  options: RehearsalOptions,
  use: (rehearsal: Rehearsal) => Promise<T>,
): Promise<T> {
  return await withThrowawayServer(options.major, async (server) => {
    const connection = { ...server, database: DEFAULT_DATABASE };
    await execute(server, [`create database ${DEFAULT_DATABASE}`]);
    const extensions = options.extensions.map(
      (name) => `create extension ${escapeIdentifier(name)} schema ${UNNAMED_SCHEMA}`,
    );
    await execute(connection, extensions);
    const { failures } = await reconcile({ connection, desired: desired(), secrets: memory(), sqlDir: options.sqlDir });
    return await use({ connection, cell: CELL, failures });
  });
}

async function execute(connection: Connection, statements: readonly string[]): Promise<void> {
  await withClient({ connection, cell: CELL, purpose: "rehearse" }, async (client) => {
    for (const statement of statements) await client.query(statement);
  });
}

function desired() {
  const tenants = Object.entries(TENANTS).map(
    ([slug, tier]) => [slug, `${tier} plan=${tier} status=active id=${defaultId(slug)}`] as const,
  );
  const plans = Object.values(TENANTS).map((tier) => [tier, `${tier} workMem=32MB statementTimeout=10s`] as const);
  return { cell: CELL, tenants: Object.fromEntries(tenants), plans: Object.fromEntries(plans) };
}

/** Nobody else writes to it, so every version is the one that was read. */
function memory(): SecretStore {
  const secrets = new Map<string, Secret>();
  return {
    read: async (path) => secrets.get(path),
    write: async (path, data, cas) => {
      secrets.set(path, { data, version: cas + 1 });
      return cas + 1;
    },
    remove: async (path) => {
      secrets.delete(path);
    },
  };
}
