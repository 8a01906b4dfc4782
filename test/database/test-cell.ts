/** A cell on a server of its own, brought up by the reconciler as `up` does. */
import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { Client } from "pg";
import { withClient } from "../../database/connect";
import { reconcile } from "../../database/reconcile";
import { report } from "../../database/report";
import type { CellState, Connection, DesiredCell, Outcome } from "../../database/types";
import type { Major } from "../../local/postgres/binaries";
import { startTestServer, type TestServer } from "../server";
import { MemoryStore } from "./memory-store";

export const SQL_DIR = join(__dirname, "../../sql");

/** The name of one more table file: its number is the next in `sqlDir`, however many tables the application has. */
export const nextTableFile = (sqlDir: string, word: string): string => nextFile(join(sqlDir, "tenant"), word);

/** The name of one more numbered file in the folder. */
export function nextFile(dir: string, word: string): string {
  return `${String(readdirSync(dir).length + 1).padStart(4, "0")}_${word}.sql`;
}

export const PLANS = {
  enterprise:
    "dedicated workMem=256MB statementTimeout=60s idleInTransactionTimeout=60s transactionTimeout=3600s connections=50",
  free: "pooled workMem=32MB statementTimeout=10s idleInTransactionTimeout=60s transactionTimeout=3600s quotas.topics=3",
  growth:
    "schema workMem=128MB statementTimeout=30s idleInTransactionTimeout=60s transactionTimeout=3600s connections=25",
};

/** A fixed UUID for a name. */
export function idOf(name: string): string {
  const hex = createHash("md5").update(name).digest("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/** The canonical line of a tenant; `more` comes before the id. */
export function line(slug: string, tier: "pooled" | "schema" | "dedicated", status = "active", more = ""): string {
  const plan = { pooled: "free", schema: "growth", dedicated: "enterprise" }[tier];
  return `${tier} plan=${plan} status=${status}${more} id=${idOf(slug)}`;
}

export interface TestCell {
  readonly server: TestServer;
  readonly connection: Connection;
  readonly store: MemoryStore;
  /** Reconciles the cell to these lines. */
  up(tenants: Readonly<Record<string, string>>, options?: Partial<DesiredCell> & { sqlDir?: string }): Promise<Outcome>;
  /** The same, and nothing may fail. */
  settle(tenants: Readonly<Record<string, string>>): Promise<CellState>;
  report(): Promise<CellState>;
  /** A session as somebody; the caller ends it. */
  login(user: string, password: string): Promise<Client>;
  /** Runs one statement with the secret at the path. */
  as(path: string, sql: string): Promise<Record<string, unknown>[]>;
  /** Runs SQL as the superuser: for what no admin may do. */
  tamper(sql: string): Promise<Record<string, unknown>[]>;
  stop(): Promise<void>;
}

export async function startTestCell(major: Major = 17, cell = "eu-1"): Promise<TestCell> {
  const server = await startTestServer(major);
  const admin: Connection = {
    host: server.host,
    port: server.port,
    database: "postgres",
    username: server.admin.user,
    password: server.admin.password,
    sslmode: "disable",
  };
  await withClient({ connection: admin, cell, purpose: "test" }, (client) => client.query("create database app"));
  const connection = { ...admin, database: "app" };
  const store = new MemoryStore();
  const up: TestCell["up"] = (tenants, { sqlDir = SQL_DIR, ...more } = {}) =>
    reconcile({
      connection,
      desired: { cell, plans: PLANS, tenants, ...more },
      secrets: store,
      sqlDir,
      lockTimeoutMs: 200,
    });
  const login = async (user: string, password: string) => {
    const client = new Client({ host: server.host, port: server.port, database: "app", user, password });
    client.on("error", () => undefined); // sessions are ended under the client on purpose
    await client.connect();
    return client;
  };
  const once = async (user: string, password: string, sql: string) => {
    const client = await login(user, password);
    try {
      const { rows } = await client.query(sql);
      return rows;
    } finally {
      await client.end();
    }
  };
  return {
    server,
    connection,
    store,
    up,
    settle: async (tenants) => {
      const { state, failures } = await up(tenants);
      if (failures.length > 0)
        throw new Error(failures.map(({ subject, reason }) => `${subject}: ${reason}`).join("\n"));
      return state;
    },
    report: () => report({ connection, cell }),
    login,
    as: (path, sql) => once(store.value(path, "username"), store.value(path, "password"), sql),
    tamper: (sql) => once(server.superuser.user, server.superuser.password, sql),
    stop: () => server.stop(),
  };
}
