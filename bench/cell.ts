/** A cell as the rows use it: made by the reconciler, as the RDS-like admin. */
import { join } from "node:path";
import { reconcile } from "../database/reconcile";
import type { Connection, DesiredCell, SecretStore } from "../database/types";
import { withConnection } from "./connect";
import { MemorySecrets } from "./memory-secrets";
import type { BenchServer } from "./server";

export const SQL_DIR = join(__dirname, "..", "sql");

export interface Cell {
  readonly server: BenchServer;
  /** As the RDS-like admin. */
  readonly connection: Connection;
  readonly secrets: SecretStore;
  /** Reconciles. Throws when a tenant could not be done. */
  apply(desired: DesiredCell): Promise<void>;
}

export async function makeCell(server: BenchServer): Promise<Cell> {
  await withConnection(server.admin, (client) => client.query("create database app"));
  const connection = { ...server.admin, database: "app" };
  const secrets = new MemorySecrets();
  const apply = async (desired: DesiredCell) => {
    const { failures } = await reconcile({ connection, desired, secrets, sqlDir: SQL_DIR });
    if (failures.length > 0) throw new Error(failures.map(({ subject, reason }) => `${subject}: ${reason}`).join("\n"));
  };
  return { server, connection, secrets, apply };
}
