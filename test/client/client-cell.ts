/** A cell as an application sees it: a directory, secrets, and clients of both. */
import type { Client } from "pg";
import { type ConnectOptions, connect, type DirectoryRow, fixedSecrets, type TenantClient } from "../../client";
import type { Tier } from "../../registry/types";
import { idOf, line, startTestCell, type TestCell } from "../database/test-cell";

const TENANTS = { cedar: "pooled", fir: "pooled", birch: "schema", elm: "schema" } as const satisfies Record<
  string,
  Tier
>;
export type Slug = keyof typeof TENANTS;

export interface ClientCell extends Pick<TestCell, "tamper"> {
  /** Rows to change: a source that reads them sees it. */
  readonly rows: Map<string, DirectoryRow>;
  /** Values by path, to change. */
  readonly secrets: Record<string, Record<string, string>>;
  readonly host: string;
  readonly port: number;
  /** The RDS-like admin in the cell's database. */
  readonly admin: Client;
  /** A client of the cell with one connection a pool, closed by `stop`. */
  client(options?: Partial<ConnectOptions>): TenantClient;
  stop(): Promise<void>;
}

export async function startClientCell(): Promise<ClientCell> {
  const cell = await startTestCell();
  const clients: TenantClient[] = [];
  const { host, port } = cell.connection;
  await cell.settle(Object.fromEntries(Object.entries(TENANTS).map(([slug, tier]) => [slug, roomyLine(slug, tier)])));
  const paths = ["cells/eu-1/app", "cells/eu-1/context", "tenants/birch/db", "tenants/elm/db"];
  const secrets = Object.fromEntries(await Promise.all(paths.map(async (path) => [path, await valuesAt(cell, path)])));
  const rows = new Map(Object.entries(TENANTS).map(([slug, tier]) => [slug, rowOf(slug, tier, { host, port })]));
  const admin = await cell.login(cell.connection.username, cell.connection.password);
  return {
    tamper: cell.tamper,
    rows,
    secrets,
    host,
    port,
    admin,
    client: (options = {}) => {
      const made = connect({
        directory: () => [...rows.values()],
        secrets: fixedSecrets(secrets),
        connectionsPerCell: 1,
        connectionsPerTenant: 1,
        onWarning: () => {},
        ...options,
      });
      clients.push(made);
      return made;
    },
    stop: async () => {
      await Promise.all(clients.map((each) => each.close()));
      await admin.end();
      await cell.stop();
    },
  };
}

/** More topics than the tests make. */
const roomyLine = (slug: string, tier: Tier) => line(slug, tier, "active", " quotas.topics=1000");

async function valuesAt({ store }: TestCell, path: string): Promise<Record<string, string>> {
  const secret = await store.read(path);
  if (!secret) throw new Error(`the run wrote no secret at ${path}`);
  return { ...secret.data };
}

export function rowOf(slug: string, tier: Tier, at: { host: string; port: number }): DirectoryRow {
  const schema = tier === "pooled" ? "pooled" : `tenant_${slug}`;
  return { slug, id: idOf(slug), tier, cell: "eu-1", ...at, database: "app", schema, status: "active" };
}
